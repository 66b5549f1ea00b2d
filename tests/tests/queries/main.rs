//! Lists of views: by their indexes and by their keys, page by page.

mod cost;
mod cursors;
mod own_writes;
mod pages;
mod rebuilt;
mod shop;
mod unreadable;

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;

fn memory() -> App {
    App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap()
}

async fn embedded() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(&dynamo).build().unwrap();
    (dynamo, app)
}
