//! Reads with a token: they answer with a view that contains the commit, or say why not.

mod chaos;
mod contained;
mod limit;
mod refused;
mod waiting;

use std::time::Duration;

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewChange;
use cqrs_core::{Commit, CommitToken, EventStore, Metadata, StoredEvent};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{
    self, Account, AccountKey, Deposited, Open, Opened, WealthKey, Withdrawn, deposit, tenant,
};
use cqrs_tests::commits::{all, append};

/// No test waits for it: if a wait is not ended by the test itself, the test hangs.
const FOR_EVER: Duration = Duration::from_hours(24);

/// One per account; it listens only to the first event of the account.
#[projection(Account)]
#[derive(Debug, Default, PartialEq, Eq)]
struct Holder {
    owner: String,
}

#[projection(Account)]
impl Holder {
    #[apply]
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }
}

/// One per owner; it does not listen to what comes in.
#[projection(key(owner: String))]
#[derive(Debug, Default, PartialEq, Eq)]
struct Spending {
    cents: u64,
}

#[projection(key(owner))]
impl Spending {
    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents += event.cents;
    }
}

/// One per account that has had no deposit yet.
#[projection(Account)]
#[derive(Debug, Default, PartialEq, Eq)]
struct Empty {
    owner: String,
}

#[projection(Account)]
impl Empty {
    #[apply]
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }

    #[apply]
    fn deposited(&mut self, _: &Deposited) -> ViewChange {
        ViewChange::Remove
    }
}

/// An app that executes and reads, and delivers nothing.
fn front(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store()).views(dynamo.views()).only([]).build().unwrap()
}

/// An app that delivers to all projections as well. It waits only for itself.
fn worker(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .only(["Statement", "Wealth", "Holder", "Spending", "Empty"])
        .settings(|settings| settings.read_poll = FOR_EVER)
        .build()
        .unwrap()
}

/// An account of Ada, with this number of deposits of one cent.
async fn open(app: &App, number: &str, deposits: u64) -> AccountKey {
    let key = bank::account(number);
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for _ in 0..deposits {
        app.execute(&key, deposit(1)).await.unwrap();
    }
    key
}

fn ada() -> WealthKey {
    WealthKey::new(&tenant(), "Ada")
}

/// Appends a commit that no projection can read. No command of this program would make it.
async fn break_stream(dynamo: &Dynamo, key: &AccountKey) -> CommitToken {
    let (store, stream) = (dynamo.event_store(), key.stream().unwrap());
    let version = all(&store, &stream).await.last().unwrap().version.next();
    let event =
        StoredEvent::new("Deposited", 1, serde_json::json!({ "owner": "Ada", "cents": "much", "note": "" }));
    let commit = Commit::new(stream.clone(), version, vec![event], Metadata::new("broken", Timestamp::now()));
    append(&store, &commit).await.unwrap();
    CommitToken::new(stream, version)
}

async fn commit_of(dynamo: &Dynamo, token: &CommitToken) -> Commit {
    let (stream, version) = (token.stream(), token.version());
    let store = dynamo.event_store();
    store.read(stream, version.previous(), version).await.unwrap().commits.remove(0)
}

/// Delivers the commit of a token to a projection, as a broker does.
async fn bring(app: &App, dynamo: &Dynamo, projection: &str, token: &CommitToken) -> Verdict {
    let message = Received::new(Message::of(app, &commit_of(dynamo, token).await).body);
    app.consumer(projection).unwrap().take(&[message]).await.remove(0)
}
