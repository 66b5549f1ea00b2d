//! The results of a run, as data: `--json` prints it, and the text is made of it.

use cqrs_core::delivery::{DeadLetter, LetterId};
use cqrs_core::prelude::*;
use cqrs_dynamo::Cost;
use serde::Serialize;
use serde_json::Value;

use crate::domain::{Order, Status};
use crate::entry::Entry;
use crate::file::CommandFile;
use crate::outcome::{Counts, Outcome};
use crate::read_models::{CustomerTotals, OrderSummary};

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The file of commands.
    pub file: String,
    /// The database.
    pub database: String,
    /// The results of the commands.
    pub commands: Commands,
    /// What was delivered.
    pub delivery: Delivery,
    /// The read models, by tenant.
    pub tenants: Vec<TenantViews>,
    /// One customer's orders.
    pub customer: Option<CustomerOrders>,
    /// One order in detail.
    pub order: Option<Trail>,
    /// The read models that were rebuilt.
    pub replays: Vec<Rebuilt>,
}

/// The results of the commands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commands {
    /// How many there are.
    pub total: usize,
    /// How many ended in which way.
    #[serde(flatten)]
    pub counts: Counts,
    /// What they cost.
    pub cost: Spent,
    /// Each of them, in the order of the file.
    pub lines: Vec<Executed>,
}

/// One command and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Executed {
    /// The line of the file, from 1.
    pub line: usize,
    /// Whose order.
    pub tenant: String,
    /// Which order.
    pub order_id: String,
    /// The command's name.
    pub command: &'static str,
    /// The id it was executed under.
    pub command_id: String,
    /// Its result.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What was delivered.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// How many commits were handed to the subscribers.
    pub commits: u64,
    /// How many confirmations were sent.
    pub confirmations: u64,
    /// What it cost.
    pub cost: Spent,
    /// The dead letters.
    pub dead_letters: Vec<Letter>,
}

/// A commit that a subscriber could not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// The subscriber.
    pub subscriber: String,
    /// The commit's partition key.
    pub pk: String,
    /// The commit's sort key.
    pub sk: String,
    /// Why.
    pub reason: String,
}

/// The cost in DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    /// Requests to the tables.
    pub requests: u64,
    /// Write capacity units.
    pub write_units: f64,
    /// Read capacity units.
    pub read_units: f64,
    /// Requests to the stream of the events table.
    pub stream_requests: u64,
}

/// A read model that was rebuilt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rebuilt {
    /// Its projection.
    pub projection: &'static str,
    /// How many commits were read.
    pub commits: u64,
    /// How many streams it is made of.
    pub streams: u64,
    /// How many views were put in place.
    pub views: u64,
    /// How long it took.
    pub seconds: f64,
    /// What it cost.
    pub cost: Spent,
}

/// The read models of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantViews {
    /// The tenant.
    pub tenant: String,
    /// The orders, by id.
    pub orders: Vec<OrderRow>,
    /// The customers, by id.
    pub customers: Vec<CustomerRow>,
    /// The open orders with the largest totals, the largest first.
    pub largest_open: Vec<OrderRow>,
}

/// The orders of one customer, newest first, as the pages of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerOrders {
    /// The tenant.
    pub tenant: String,
    /// The customer.
    pub customer_id: String,
    /// The pages.
    pub pages: Vec<Vec<OrderRow>>,
}

/// One order summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRow {
    /// The order.
    pub order_id: String,
    /// The last commit that the summary contains.
    pub version: Version,
    /// The view.
    #[serde(flatten)]
    pub summary: OrderSummary,
}

/// One customer's totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    /// The customer.
    pub customer_id: String,
    /// The view.
    #[serde(flatten)]
    pub totals: CustomerTotals,
}

/// One order: its events, and its state then and now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trail {
    /// The tenant.
    pub tenant: String,
    /// The order.
    pub order_id: String,
    /// Its events.
    pub history: Vec<Happened>,
    /// Its current state.
    pub now: State,
    /// Its state one commit earlier.
    pub at_version: State,
    /// Its state when it was created.
    pub as_of: StateAsOf,
}

/// One event of an order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Happened {
    /// The version of its commit.
    pub version: Version,
    /// When.
    pub at: Timestamp,
    /// Who sent the command.
    pub by: Option<String>,
    /// The command.
    pub command_id: String,
    /// The event's type.
    pub event: String,
    /// The event.
    pub data: Value,
}

/// The state of an order at a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The version.
    pub version: Version,
    /// The status.
    pub status: Status,
    /// Who ordered.
    pub customer_id: String,
    /// What it costs, in cents.
    pub total: u64,
}

/// The state of an order at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateAsOf {
    /// The time.
    pub time: Timestamp,
    /// The state.
    #[serde(flatten)]
    pub state: State,
}

impl Commands {
    /// Combines lines and outcomes.
    #[must_use]
    pub fn new(file: &CommandFile, outcomes: Vec<Outcome>, cost: Cost) -> Self {
        let counts = Counts::of(&outcomes);
        let lines = file.entries.iter().zip(outcomes).map(|(entry, outcome)| Executed::new(entry, outcome));
        Self { total: file.entries.len(), counts, cost: cost.into(), lines: lines.collect() }
    }
}

impl Executed {
    fn new(entry: &Entry, outcome: Outcome) -> Self {
        Self {
            line: entry.number,
            tenant: entry.line.tenant.clone(),
            order_id: entry.line.order_id.clone(),
            command: entry.line.wanted.name(),
            command_id: entry.line.id(),
            outcome,
        }
    }
}

impl From<DeadLetter> for Letter {
    fn from(letter: DeadLetter) -> Self {
        let LetterId { subscriber, pk, sk, .. } = letter.id;
        Self { subscriber, pk, sk, reason: letter.reason }
    }
}

impl From<Cost> for Spent {
    fn from(cost: Cost) -> Self {
        Self {
            requests: cost.requests,
            write_units: cost.write_units,
            read_units: cost.read_units,
            stream_requests: cost.stream_requests,
        }
    }
}

impl From<Loaded<Order>> for State {
    fn from(loaded: Loaded<Order>) -> Self {
        let Order { status, customer_id, total } = loaded.state;
        Self { version: loaded.version, status, customer_id, total }
    }
}
