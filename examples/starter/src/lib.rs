//! A small lending library, to start a project of your own from: rename it, and write your own domain in its place.

pub mod api;
pub mod library;
pub mod views;
pub mod workshop;

use cqrs::prelude::*;

use crate::workshop::Workshop;

// All there is. What is missing here, or does not fit together, does not compile or fails a test.
cqrs::app! {
    aggregates: [library::Book],
    projections: [views::Card, views::Loans],
    handlers: [workshop::mend],
    provides: [Workshop],
}

/// On a database in a file; `Dynamo::from_env()` in its place is on AWS.
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
