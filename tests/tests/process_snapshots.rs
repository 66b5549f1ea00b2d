//! Snapshots of instances: of long ones only the last steps are read, and each step is still recognised if it comes
//! again.

use std::convert::Infallible;
use std::time::Duration;

use cqrs_core::app::{Loaded, Settings};
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::process::Instance;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::Clock;
use cqrs_core::{AggregateKey, Commit};
use cqrs_dynamo::Dynamo;
use cqrs_tests::commits::all;

#[event]
pub(crate) struct Metered {
    pub(crate) customer: String,
    pub(crate) units: u64,
}

#[event]
pub(crate) struct Billed {
    pub(crate) units: u64,
}

pub(crate) struct Meter {
    customer: String,
    units: u64,
}

#[command]
pub(crate) struct Bill {
    pub(crate) units: u64,
}

#[aggregate(entity = "METER")]
#[derive(Default)]
pub(crate) struct Gauge {
    billed: u64,
}

#[aggregate]
impl Gauge {
    #[command]
    fn meter(&self, Meter { customer, units }: &Meter) -> Result<Metered, Infallible> {
        Ok(Metered { customer: customer.clone(), units: *units })
    }

    #[command]
    fn bill(&self, command: &Bill) -> Result<Billed, Infallible> {
        Ok(Billed { units: command.units })
    }

    #[apply]
    fn metered(&mut self, _: &Metered) {}

    #[apply]
    fn billed(&mut self, event: &Billed) {
        self.billed += event.units;
    }
}

/// Bills every hundred units, and after a minute without any.
#[process(key(customer: String), snapshot_every = 10)]
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Billing {
    open: u64,
    seen: u64,
}

#[process(key(customer))]
impl Billing {
    #[apply]
    fn metered(&mut self, event: &Metered) {
        self.seen += 1;
        self.open = (self.open + event.units) % 100;
    }

    #[react(start)]
    fn on_metered(&self, event: &Metered, key: &BillingKey) -> Reaction {
        assert_ne!(event.units, 13, "thirteen is refused");
        let reaction = Reaction::new().deadline(Self::quiet, MINUTE);
        if self.open < event.units {
            reaction.execute(&gauge(key.tenant()), Bill { units: 100 })
        } else {
            reaction
        }
    }

    #[deadline]
    fn quiet(&self) -> Reaction {
        Reaction::new()
    }
}

const MINUTE: Duration = Duration::from_secs(60);

fn tenant() -> Tenant {
    Tenant::new("T1").unwrap()
}

fn gauge(tenant: &Tenant) -> GaugeKey {
    GaugeKey::new(tenant, "1")
}

fn billing() -> BillingKey {
    BillingKey::new(&tenant(), "Eve")
}

struct Works {
    store: MemoryEventStore,
    snapshots: MemorySnapshotStore,
    clock: Clock,
    settings: fn(&mut Settings),
}

impl Works {
    fn new(settings: fn(&mut Settings)) -> Self {
        let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
        Self { store: MemoryEventStore::new(), snapshots: MemorySnapshotStore::new(), clock, settings }
    }

    /// Another process; it remembers nothing.
    fn app(&self) -> App {
        App::builder(self.store.clone())
            .snapshots(self.snapshots.clone())
            .settings(self.settings)
            .clock(&self.clock)
            .only(["Billing"])
            .build()
            .unwrap()
    }

    /// The instance without a snapshot, from its first step on.
    async fn whole(&self) -> Loaded<Instance<Billing>> {
        self.app().load_as_recorded(&billing(), self.clock.now() + 1_000_000 * MINUTE).await.unwrap()
    }
}

async fn meter(app: &App, units: u64) {
    app.execute(&gauge(&tenant()), Meter { customer: "Eve".into(), units }).await.unwrap();
    app.run_until_idle().await.unwrap();
}

async fn metered(store: &MemoryEventStore) -> Vec<Commit> {
    let stream = gauge(&tenant()).stream().unwrap();
    let mut commits = all(store, &stream).await;
    commits.retain(|commit| commit.events[0].name == "Metered");
    commits
}

async fn take(app: &App, commit: &Commit) -> Verdict {
    let message = Received::new(Message::of(app, commit).body);
    app.consumer("Billing").unwrap().take(&[message]).await.remove(0)
}

#[tokio::test]
async fn an_instance_from_a_snapshot_is_that_of_all_steps() {
    for settings in [(|_| {}) as fn(&mut Settings), |settings| settings.state_in_commit_bytes = 0] {
        let works = Works::new(settings);
        let app = works.app();
        for count in 0..60 {
            meter(&app, 20 + count % 30).await;
            let (kept, whole) = (works.app().load(&billing()).await.unwrap(), works.whole().await);
            assert_eq!((kept.version, kept.state.process()), (whole.version, whole.state.process()));
            let deadlines = |loaded: &Loaded<Instance<Billing>>| {
                loaded.state.deadlines().map(|(_, due)| due).collect::<Vec<_>>()
            };
            assert_eq!(deadlines(&kept), deadlines(&whole));
        }
        // The last deadline comes, and the earlier ones do not.
        works.clock.advance(2 * MINUTE);
        works.app().run_until_idle().await.unwrap();
        let loaded = works.app().load(&billing()).await.unwrap();
        assert_eq!((loaded.version, loaded.state.deadlines().count()), (Version::new(61), 0));
    }
}

#[tokio::test]
async fn a_step_is_known_however_late_it_comes_again() {
    let carried: fn(&mut Settings) = |settings| settings.snapshot_command_ids = 5;
    let apart: fn(&mut Settings) = |settings| {
        settings.snapshot_command_ids = 5;
        settings.state_in_commit_bytes = 0;
    };
    for settings in [carried, apart] {
        let works = Works::new(settings);
        let app = works.app();
        for _ in 0..150 {
            meter(&app, 40).await;
        }
        let billed = app.load(&gauge(&tenant())).await.unwrap().state.billed;
        for commit in metered(&works.store).await.iter().step_by(7) {
            assert_eq!(take(&works.app(), commit).await, Verdict::Done);
        }
        let instance = works.whole().await;
        assert_eq!((instance.version, instance.state.process().seen), (Version::new(150), 150));
        assert_eq!(works.app().load(&gauge(&tenant())).await.unwrap().state.billed, billed);
    }
}

#[tokio::test]
async fn what_is_held_up_outlives_a_snapshot() {
    let works = Works::new(|_| {});
    let app = works.app();
    meter(&app, 13).await;
    for _ in 0..25 {
        meter(&app, 10).await;
    }
    let instance = works.app().load(&billing()).await.unwrap();
    assert_eq!((instance.version, instance.state.held_up_at()), (Version::new(26), Some(Version::new(1))));
    let letter = app.dead_letters().of("Billing").await.unwrap().remove(0);
    works.app().dead_letters().discard(&letter.id, "it was a test").await.unwrap();
    let instance = works.app().load(&billing()).await.unwrap().state;
    assert_eq!((instance.held_up_at(), instance.process().seen), (None, 25));
    assert_eq!(app.load(&gauge(&tenant())).await.unwrap().state.billed, 200);
}

#[tokio::test]
async fn a_long_instance_is_loaded_by_one_request() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = || {
        let app = App::builder(dynamo.event_store()).snapshots(dynamo.snapshots());
        app.only(["Billing"]).build().unwrap()
    };
    let long = app();
    for _ in 0..130 {
        long.execute(&gauge(&tenant()), Meter { customer: "Eve".into(), units: 1 }).await.unwrap();
    }
    long.run_until_idle().await.unwrap();
    let fresh = app();
    let loaded = dynamo.spent(fresh.load(&billing())).await.requests(1).output;
    assert_eq!(loaded.unwrap().state.process().seen, 130);
}
