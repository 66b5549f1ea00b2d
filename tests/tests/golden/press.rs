//! A domain whose items are of every kind that this program stores. It must not change.

#![allow(clippy::enum_variant_names, reason = "the events have the names that are stored")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewChange;
use cqrs_core::serde::Serialize;
use cqrs_dynamo::Dynamo;

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookIssued {
    pub(crate) title: String,
    pub(crate) tags: Vec<String>,
    pub(crate) price: Option<f64>,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookSold {
    pub(crate) shops: Vec<String>,
    pub(crate) copies: u64,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookWithdrawn;

/// No view knows it.
#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookNoted {
    pub(crate) text: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(crate = "cqrs_core::serde")]
pub(crate) struct Issue {
    pub(crate) title: String,
    pub(crate) tags: BTreeSet<String>,
}

/// One event for each number.
#[derive(Debug, Clone)]
pub(crate) struct Sell {
    pub(crate) shops: Vec<String>,
    pub(crate) copies: Vec<u64>,
}

#[derive(Clone)]
pub(crate) struct Withdraw;

#[derive(Debug, Clone)]
pub(crate) struct Note(pub(crate) &'static str);

#[aggregate(entity = "PRESS_BOOK", snapshot_every = 2)]
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Book {
    pub(crate) title: String,
    pub(crate) price: Option<f64>,
    pub(crate) sold: u64,
}

#[aggregate]
impl Book {
    #[command]
    fn issue(&self, command: Issue) -> Result<BookIssued, String> {
        let tags = command.tags.into_iter().collect();
        Ok(BookIssued { title: command.title, tags, price: Some(0.1) })
    }

    #[command]
    fn sell(&self, command: Sell) -> Result<Vec<BookSold>, String> {
        let sold = |copies| BookSold { shops: command.shops.clone(), copies };
        Ok(command.copies.into_iter().map(sold).collect())
    }

    #[command]
    fn withdraw(&self, _: Withdraw) -> Result<BookWithdrawn, String> {
        Ok(BookWithdrawn)
    }

    #[command]
    fn note(&self, command: Note) -> Result<BookNoted, String> {
        Ok(BookNoted { text: command.0.to_owned() })
    }

    #[apply]
    fn issued(&mut self, event: &BookIssued) {
        self.title.clone_from(&event.title);
        self.price = event.price;
    }

    #[apply]
    fn sold(&mut self, event: &BookSold) {
        self.sold += event.copies;
    }

    #[apply]
    fn withdrawn(&mut self, _: &BookWithdrawn) {}

    #[apply]
    fn noted(&mut self, _: &BookNoted) {}
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TitleEntered {
    title: String,
}

#[derive(Debug, Clone)]
struct Enter(String);

/// A command of a handler makes it.
#[aggregate(entity = "PRESS_TITLE", shards = 16)]
#[derive(Default)]
pub(crate) struct Title {}

#[aggregate]
impl Title {
    #[command]
    fn enter(&self, command: Enter) -> Result<TitleEntered, std::convert::Infallible> {
        Ok(TitleEntered { title: command.0 })
    }

    #[apply]
    fn entered(&mut self, _: &TitleEntered) {}
}

/// At its aggregate's key; gone when the book is withdrawn.
#[projection(Book, view = "PRESS_STOCK")]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Stock {
    pub(crate) title: String,
    pub(crate) sold: u64,
}

#[projection(Book)]
impl Stock {
    #[apply]
    fn issued(&mut self, event: &BookIssued) {
        self.title.clone_from(&event.title);
    }

    #[apply]
    fn sold(&mut self, event: &BookSold) {
        self.sold += event.copies;
    }

    #[apply]
    fn withdrawn(&mut self, _: &BookWithdrawn) -> ViewChange {
        ViewChange::Remove
    }
}

/// Across aggregates.
#[projection(key(shop: String), view = "PRESS_SALES")]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sales {
    pub(crate) copies: u64,
}

#[projection(key(shop))]
impl Sales {
    #[apply(keys = event.shops.clone())]
    fn sold(&mut self, event: &BookSold) {
        self.copies += event.copies;
    }
}

/// What the handlers were called with.
pub(crate) type Desk = Arc<Mutex<Vec<String>>>;

/// Not called for events that it has finished.
#[event_handler(BookIssued, once, name = "register")]
pub(crate) async fn register(
    event: &Recorded<BookIssued>,
    desk: &Desk,
    app: &App,
) -> Result<(), HandlerError> {
    let book = event.key()?;
    desk.lock().unwrap().push(format!("register {}", book.id()));
    app.execute(&TitleKey::new(&tenant(), book.id().clone()), Enter(event.title.clone())).await?;
    Ok(())
}

/// It refuses 13 copies, and asks for another try with 14.
#[event_handler(BookSold, name = "warn")]
pub(crate) async fn warn(event: &Recorded<BookSold>, desk: &Desk) -> Result<(), HandlerError> {
    let mut desk = desk.lock().unwrap();
    let repaired = desk.iter().any(|call| call == "repaired");
    match event.copies {
        13 if !repaired => Err(HandlerError::permanent("13 copies bring bad luck")),
        14 if !repaired => Err(HandlerError::retry("the clerk is at lunch")),
        copies => {
            desk.push(format!("warn {} {copies}", event.key()?.id()));
            Ok(())
        }
    }
}

pub(crate) fn app(dynamo: &Dynamo, desk: &Desk) -> App {
    let builder = App::builder(dynamo.event_store()).views(dynamo.views()).snapshots(dynamo.snapshots());
    let builder = builder.provide(Arc::clone(desk)).settings(|settings| {
        settings.delivery = RetryPolicy { attempts: 3, base: Duration::ZERO, cap: Duration::ZERO };
        // Expiry is not considered, because these items are read for as long as this program exists.
        settings.inbox_kept = Duration::from_secs(200 * 365 * 24 * 60 * 60);
        // That build stored all states in a table of their own.
        settings.state_in_commit_bytes = 0;
    });
    builder.only(["Stock", "Sales", "register", "warn"]).build().unwrap()
}

pub(crate) fn tenant() -> Tenant {
    Tenant::new("PRESS").unwrap()
}

pub(crate) fn book(id: &str) -> BookKey {
    BookKey::new(&tenant(), id)
}

pub(crate) fn shop(name: &str) -> SalesKey {
    SalesKey::new(&tenant(), name)
}
