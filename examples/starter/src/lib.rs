//! A small lending library, to start a project of your own from: rename it, and replace its domain with your own.

pub mod api;
pub mod library;
pub mod views;
pub mod workshop;

use cqrs::prelude::*;

use crate::workshop::Workshop;

// All parts of the program. What is missing here, or does not fit together, does not compile or fails a test.
cqrs::app! {
    aggregates: [library::Book],
    projections: [views::Card, views::Loans],
    handlers: [workshop::mend],
    provides: [Workshop],
}

/// On a database in a file. For AWS, use `Dynamo::from_env()` instead.
#[cfg(feature = "embedded")]
pub async fn app() -> Result<App, Box<dyn std::error::Error>> {
    let dynamo = cqrs::dynamo::Dynamo::embedded("library.db").await?;
    Ok(App::builder(dynamo).provide(Workshop).build()?)
}

/// In memory: all is gone when the program ends.
#[cfg(not(feature = "embedded"))]
pub async fn app() -> Result<App, Box<dyn std::error::Error>> {
    let (events, views) = (
        cqrs::store::MemoryEventStore::new(),
        cqrs::view::MemoryViewStore::new(),
    );
    Ok(App::builder(events)
        .views(views)
        .provide(Workshop)
        .build()?)
}
