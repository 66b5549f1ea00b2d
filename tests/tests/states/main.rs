//! What `app.projections()` reports about projections that are delivered from the feed, on every store. `tests/worker`
//! has those behind queues, `tests/replay` those that are replayed.

mod beginning;
mod lag;
mod letters;
mod releases;
mod requests;

use std::time::Duration;

use cqrs_core::app::{IntoStores, Lag, ProjectionState};
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{AggregateKey, Commit, EventStore, StoredEvent};
use cqrs_dynamo::{Dynamo, DynamoEventStore, DynamoViewStore};
use cqrs_tests::bank::{self, AccountKey, Open, deposit};
use cqrs_tests::commits;
use cqrs_tests::emulator::Emulator;
use serde_json::{Value, json};

pub(crate) const BOTH: [&str; 2] = ["Statement", "Wealth"];

/// Where commits and views are. Clones share both.
#[derive(Clone)]
pub(crate) enum Stores {
    Memory(MemoryEventStore, MemoryViewStore),
    Dynamo(DynamoEventStore, DynamoViewStore),
}

impl Stores {
    pub(crate) fn of(dynamo: &Dynamo) -> Self {
        Self::Dynamo(dynamo.event_store(), dynamo.views())
    }

    /// One in memory, one embedded, one on MiniStack, all of them empty.
    pub(crate) async fn all() -> [Self; 3] {
        [
            Self::Memory(MemoryEventStore::new(), MemoryViewStore::new()),
            Self::of(&Dynamo::embedded_in_memory().await.unwrap()),
            Self::of(&Emulator::ministack().dynamo().await),
        ]
    }

    pub(crate) fn stores(&self) -> cqrs_core::app::Stores {
        match self {
            Self::Memory(events, views) => events.clone().into_stores().views(views.clone()),
            Self::Dynamo(events, views) => events.clone().into_stores().views(views.clone()),
        }
    }

    /// A process with some projections.
    pub(crate) fn app(&self, projections: &[&str]) -> App {
        let built = App::builder(self.stores()).only(projections.iter().copied()).settings(|settings| {
            settings.delivery.attempts = 1;
            settings.poll = Duration::from_millis(1);
        });
        built.build().unwrap()
    }

    /// Appends a commit without the app, with the time when it was recorded.
    pub(crate) async fn append(&self, key: &AccountKey, version: u64, event: (&str, Value), at: Timestamp) {
        let (name, data) = event;
        let event = StoredEvent::new(name, 1, data);
        let stream = key.stream().unwrap();
        let metadata = Metadata::new(format!("{stream} {version}"), at);
        let commit = Commit::new(stream, Version::new(version), vec![event], metadata);
        match self {
            Self::Memory(events, _) => append(events, &commit).await,
            Self::Dynamo(events, _) => append(events, &commit).await,
        }
    }
}

async fn append(store: &impl EventStore, commit: &Commit) {
    commits::append(store, commit).await.unwrap();
}

pub(crate) fn opened() -> (&'static str, Value) {
    ("Opened", json!({ "owner": "Ada" }))
}

pub(crate) fn deposited() -> (&'static str, Value) {
    ("Deposited", json!({ "owner": "Ada", "cents": 1, "note": "" }))
}

/// What no fold can read.
pub(crate) fn unreadable() -> (&'static str, Value) {
    ("Deposited", json!({ "owner": "Ada", "cents": "many", "note": "" }))
}

/// Opens an account, and makes a deposit.
pub(crate) async fn open(app: &App, number: &str) {
    let key = bank::account(number);
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    app.execute(&key, deposit(1)).await.unwrap();
}

pub(crate) async fn state(app: &App, projection: &str) -> ProjectionState {
    let states = app.projections().await.unwrap();
    let found = states.into_iter().find(|state| state.projection == projection);
    found.unwrap_or_else(|| panic!("there is no `{projection}`"))
}

pub(crate) async fn lag(app: &App, projection: &str) -> Lag {
    state(app, projection).await.lag.unwrap()
}

#[tokio::test]
async fn every_projection_of_the_app_is_listed_by_name() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        open(&app, "1").await;
        app.run_until_idle().await.unwrap();
        let states = app.projections().await.unwrap();
        let names: Vec<_> = states.iter().map(|state| (state.projection, state.view, state.queue)).collect();
        assert_eq!(names, [("Statement", "STATEMENT", "Statement"), ("Wealth", "WEALTH", "Wealth")]);
        for state in &states {
            assert!(state.fold.len() == 16 && state.fold.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        assert_ne!(states[0].fold, states[1].fold);
        let one = stores.app(&["Wealth"]).projections().await.unwrap();
        assert_eq!(one, states[1..]);
        assert_eq!(stores.app(&[]).projections().await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_fold_is_that_of_the_stored_views() {
    let stores = Stores::of(&Dynamo::embedded_in_memory().await.unwrap());
    let app = stores.app(&["Statement"]);
    open(&app, "1").await;
    app.run_until_idle().await.unwrap();
    let Stores::Dynamo(_, views) = &stores else { panic!("it is embedded") };
    let extent = cqrs_core::store::Extent::Segment { number: 0, of: 1 };
    let stored = cqrs_core::view::ViewStore::scan(views, &extent, None).await.unwrap().views;
    let fold = state(&app, "Statement").await.fold;
    let of_views: Vec<_> = stored.iter().filter_map(|view| view.fingerprint.as_deref()).collect();
    assert_eq!(of_views, [fold]);
}

#[tokio::test]
async fn it_is_printed_in_camel_case() {
    let stores = Stores::Memory(MemoryEventStore::new(), MemoryViewStore::new());
    let app = stores.app(&["Wealth"]);
    stores.append(&bank::account("1"), 1, opened(), commits::at(7)).await;
    let state = state(&app, "Wealth").await;
    let mut printed = serde_json::to_value(&state).unwrap();
    let seconds = printed["lag"]["seconds"].take();
    assert_eq!(seconds.as_u64(), state.lag.unwrap().seconds);
    let expected = json!({
        "projection": "Wealth",
        "view": "WEALTH",
        "queue": "Wealth",
        "fold": state.fold,
        "build": { "state": "unsettled", "since": null },
        "lag": { "commits": 1, "more": false, "oldest": "2024-01-01T10:00:00.007Z", "seconds": null },
        "deadLetters": 0,
        "discarded": 0,
    });
    assert_eq!(printed, expected);
}
