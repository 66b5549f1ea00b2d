//! Commands on several streams: all or none.

mod contended;
mod cost;
mod faults;
mod handlers;
mod killed;
mod repeated;
mod together;

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, AccountKey, Open, deposit};

/// An app on a new database.
async fn start() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    (dynamo, app)
}

/// An account with money on it.
async fn account(app: &App, number: &str, cents: u64) -> AccountKey {
    let key = bank::account(number);
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    app.execute(&key, deposit(cents)).await.unwrap();
    key
}

async fn balance(app: &App, key: &AccountKey) -> (u64, u64) {
    let loaded = app.load(key).await.unwrap();
    (loaded.version.get(), loaded.state.balance)
}
