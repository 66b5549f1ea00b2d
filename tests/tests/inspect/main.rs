//! Inspection by names agrees with the typed calls, costs what it reports, and ends.

mod bank;
mod follow;
mod listing;
mod related;
mod states;
mod timers;
mod views;

use cqrs_core::app::IntoStores;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;

fn memory() -> App {
    beside_views(MemoryEventStore::new())
}

fn beside_views(events: impl IntoStores) -> App {
    App::builder(events).views(MemoryViewStore::new()).snapshots(MemorySnapshotStore::new()).build().unwrap()
}

async fn embedded() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(&dynamo).build().unwrap();
    (dynamo, app)
}
