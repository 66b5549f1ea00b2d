//! Tills whose sales are counted by projections that a function feeds from the stream.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use cqrs_core::delivery::{ChangeFeed, Positions};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_tests::streamed;
use serde_json::Value;

/// How often a projection tries a commit.
pub(crate) const ATTEMPTS: u32 = 3;
/// The commit that `Careful` cannot count before it is repaired.
pub(crate) const BAD: u64 = 13;

#[event]
#[derive(Debug, Clone)]
pub(crate) struct Sold {
    pub(crate) customer: String,
    pub(crate) cents: u64,
}

/// No projection listens to it.
#[event(unhandled = "nobody has to know")]
#[derive(Debug, Clone)]
pub(crate) struct Checked;

#[derive(Debug, Clone)]
pub(crate) struct Sell(pub(crate) u64);
#[derive(Debug, Clone)]
pub(crate) struct Check;

#[aggregate(entity = "TILL")]
#[derive(Default)]
pub(crate) struct Till;

#[aggregate]
impl Till {
    #[command]
    fn sell(&self, command: &Sell) -> Result<Sold, Infallible> {
        Ok(Sold { customer: "Ada".to_owned(), cents: command.0 })
    }

    #[command]
    fn check(&self, _: &Check) -> Result<Checked, Infallible> {
        Ok(Checked)
    }

    #[apply]
    fn sold(&mut self, _: &Sold) {}

    #[apply]
    fn checked(&mut self, _: &Checked) {}
}

#[projection(Till)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Takings {
    pub(crate) lines: Vec<u64>,
}

#[projection(Till)]
impl Takings {
    #[apply]
    fn sold(&mut self, event: &Sold) {
        self.lines.push(event.cents);
    }
}

#[projection(key(customer: String))]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Spending {
    pub(crate) cents: u64,
}

#[projection(key(customer))]
impl Spending {
    #[apply]
    fn sold(&mut self, event: &Sold) {
        self.cents += event.cents;
    }
}

/// Whether the program is one in which `Careful` counts everything.
pub(crate) static MENDED: AtomicBool = AtomicBool::new(false);

#[projection(Till)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Careful {
    pub(crate) lines: Vec<u64>,
}

#[projection(Till)]
impl Careful {
    #[apply]
    fn sold(&mut self, event: &Sold) {
        assert!(event.cents != BAD || MENDED.load(Ordering::Relaxed), "a bad price");
        self.lines.push(event.cents);
    }
}

pub(crate) const ALL: [&str; 3] = ["Takings", "Spending", "Careful"];

pub(crate) fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

pub(crate) fn till(number: impl ToString) -> TillKey {
    TillKey::new(&tenant(), number.to_string())
}

/// A process with nothing in memory.
pub(crate) fn process(dynamo: &Dynamo, only: &[&str]) -> App {
    let app = App::builder(dynamo).only(only.iter().copied()).settings(|settings| {
        settings.delivery.attempts = ATTEMPTS;
        settings.delivery.base = Duration::ZERO;
        settings.release_poll = Duration::from_secs(3600);
    });
    app.build().unwrap()
}

/// The records of the table's stream, as Lambda hands them over.
pub(crate) struct Stream {
    feed: cqrs_dynamo::StreamFeed,
    reached: Positions,
}

impl Stream {
    pub(crate) fn of(dynamo: &Dynamo) -> Self {
        Self { feed: dynamo.event_store().feed(), reached: Positions::new() }
    }

    /// Those that are new.
    pub(crate) async fn next(&mut self) -> Vec<Value> {
        let mut records = Vec::new();
        loop {
            let page = self.feed.read(&self.reached).await.unwrap();
            if page.changes.is_empty() {
                return records;
            }
            for change in page.changes {
                records.push(streamed::record("INSERT", &change.position, &change.record));
                self.reached.insert(change.shard, change.position);
            }
        }
    }
}

pub(crate) fn event(records: &[Value]) -> Event {
    serde_json::from_value(streamed::event(records)).unwrap()
}

/// Delivers records, and returns the place of the first one that has to come again.
pub(crate) async fn feed(function: &ProjectionsFunction, records: &[Value]) -> Option<usize> {
    first_failed(&function.answer(event(records), pending()).await, records)
}

pub(crate) fn first_failed(answer: &DynamoDbEventResponse, records: &[Value]) -> Option<usize> {
    let [failure] = &answer.batch_item_failures[..] else {
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        return None;
    };
    let number = failure.item_identifier.as_deref().unwrap();
    Some(records.iter().position(|record| record["dynamodb"]["SequenceNumber"] == number).unwrap())
}

pub(crate) async fn takings(app: &App, number: impl ToString) -> Vec<u64> {
    app.view::<Takings>(&till(number)).await.unwrap().map(|view| view.lines.clone()).unwrap_or_default()
}

pub(crate) async fn careful(app: &App, number: impl ToString) -> Vec<u64> {
    app.view::<Careful>(&till(number)).await.unwrap().map(|view| view.lines.clone()).unwrap_or_default()
}

pub(crate) async fn spent(app: &App) -> u64 {
    let key = SpendingKey::new(&tenant(), "Ada");
    app.view::<Spending>(&key).await.unwrap().map_or(0, |view| view.cents)
}

/// The number of dead letters that a check without a limit finds.
pub(crate) async fn found(function: &ProjectionsFunction) -> u64 {
    let found = function.look_at_dead_letters(pending()).await.unwrap();
    assert!(!found.more && !found.waiting, "{found:?}");
    found.letters
}
