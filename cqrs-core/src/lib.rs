#![cfg_attr(docsrs, feature(doc_cfg))]
//! CQRS and event sourcing: aggregates decide on commands, their events are stored, and handlers and projections
//! receive them.
//!
//! One command makes one commit, and the commit is the unit everywhere: one conditional write, one delivery, one
//! write per read model. This crate knows no AWS; the stores on DynamoDB are in `cqrs-dynamo`.
//!
//! # Words
//!
//! | word | meaning |
//! | --- | --- |
//! | event | one immutable fact, a struct with [`#[event]`](macro@event); stored under a type and a schema |
//! | aggregate | the consistency boundary; its state is the fold of its events |
//! | command | a value that an aggregate decides on; ends in events or in a rejection |
//! | stored command | a command that may be kept in a store before it is executed; its struct has [`#[command]`](macro@command) |
//! | rejection | a business rule said no: the command's own error type |
//! | commit | all events of one command, with its metadata; stored as one item; never changed |
//! | stream | the commits of one aggregate instance, [`Version`] 1, 2, 3 … without a gap |
//! | conflict | another writer took the version |
//! | transaction | commands on several streams that are executed together or not at all: [`App::transaction`] |
//! | key | the typed address of an instance: tenant and id; renders to `pk` and `sk` |
//! | metadata | who, when, command id, correlation id, causation id, trace context |
//! | upcaster | reads the data of an earlier schema of an event as today's |
//! | projection | folds commits into a view, the read model; no side effects |
//! | aggregate view | a view at its aggregate's key: `#[projection(Order)]` |
//! | keyed view | a view whose key comes from the events, of one aggregate or across several: `#[projection(key(…))]` |
//! | index | lists the views of a projection by some of their fields; an entry is one view at its place |
//! | query | asks for the views of a tenant, by an index or by their keys; the answer is a page, with a cursor where the next page begins |
//! | fingerprint | of a state or a view: changes with its shape and its fold, and so distinguishes what another program has stored from what this one stores |
//! | token | a text that names a commit by stream and version; a read with the token answers with a view that contains the commit |
//! | fence | stored beside keyed views: the last commit of one stream that they contain |
//! | note | stored in a keyed view: a commit that the view contains, and that its fence may not show yet: [`Unfenced`](view::Unfenced) |
//! | handler | reacts to events; may have side effects |
//! | process | a long-running flow over several aggregates: it folds events, and reacts to events and deadlines with commands |
//! | instance | of a process: its state at one key, stored as a stream of steps |
//! | reaction | what a process does because of an event or a deadline; a value, stored with its step before it is executed |
//! | deadline | the time at which an instance reacts although nothing has happened |
//! | snapshot | the state at a version, stored to load from; may vanish at any time without harm |
//! | store | keeps commits ([`EventStore`]), views ([`ViewStore`](view::ViewStore)) or snapshots ([`SnapshotStore`](snapshot::SnapshotStore)); the [`Stores`](app::Stores) of a program are all of them |
//! | delivery store | keeps what the delivery remembers: positions, dead letters, parked streams, attempts, inboxes |
//! | runtime | what a program runs on: its stores, the index of its events, its caches and settings; an [`App`] is its public face |
//! | lag | the number of commits that a projection has not taken, and the age of the oldest of them |
//! | backlog | the messages that wait in the queues of a broker |
//! | replay | builds the views of a projection anew from all commits |
//! | edition | the views across aggregates that one fold has made, with their fences; programs with another fold have an edition of their own |
//! | generation | the number of a replay; a view has the generation of the last replay that built it |
//! | subscriber | a handler or a projection, as the delivery sees it |
//! | feed | all commits of the store in the order of each stream |
//! | relay | hands the commits of the feed to the queue of every subscriber |
//! | message | a commit on its way through a broker; a received message is one that a subscriber holds |
//! | position | how far a subscriber or a replay has read a shard of the feed, or a part of a table |
//! | inbox | the events that a handler with `once` has finished |
//! | parked stream | a stream whose commits wait behind a dead letter |
//! | dead letter | a commit that a subscriber could not take, kept with the reason |
//! | redrive | gives dead letters to their subscriber once more |
//!
//! `at` always means a time. A version is called a version.
//!
//! # Events
//!
//! A fact is a struct. It needs no derives and no dependency on serde.
//!
//! ```
//! use cqrs_core::prelude::*;
//!
//! #[event]
//! pub struct OrderCreated {
//!     pub customer_id: String,
//!     pub total: u64,
//! }
//! ```
//!
//! # An aggregate
//!
//! Commands decide, and `#[apply]` folds. A command borrows the state and returns events or a rejection. Only the fold
//! changes the state. The events that have an `#[apply]` are the events of the aggregate: a command that returns another
//! one does not compile.
//!
//! ```rust,standalone_crate
#![doc = include_str!("../docs/order.rs")]
//! ```
//!
//! The macro has generated the key, `OrderKey`, and the enum of the events, `OrderEvent`.
//! [`#[aggregate]`](macro@aggregate) lists all forms of keys and commands.
//!
//! # Executing commands
//!
//! An [`App`] consists of its stores and of everything that the macros have registered. The type of the key names the
//! aggregate.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::prelude::*;
//! use cqrs_core::store::MemoryEventStore;
//! use cqrs_core::Outcome;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).build()?;
//! let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//!
//! // Events: a commit.
//! let create = CreateOrder { customer_id: "CUST-001".into(), total: 15000 };
//! let done = app.execute(&order, create).by("user-123").await?;
//! assert_eq!((done.outcome, done.version), (Outcome::Committed, Version::new(1)));
//! assert!(matches!(&done.events[..], [OrderEvent::OrderCreated(event)] if event.total == 15000));
//! assert_eq!(done.metadata.created_by.as_deref(), Some("user-123"));
//!
//! // A command id: executed once, even if it is sent again.
//! app.execute(&order, CancelOrder).command_id("cancel-1").await?;
//! let again = app.execute(&order, CancelOrder).command_id("cancel-1").await?;
//! assert_eq!((again.outcome, again.version), (Outcome::Duplicate, Version::new(2)));
//!
//! // No events: nothing is written.
//! let done = app.execute(&order, CancelOrder).await?;
//! assert_eq!((done.outcome, done.version), (Outcome::Unchanged, Version::new(2)));
//!
//! // A rejection: the aggregate's own error.
//! let ship = ShipOrder { tracking: "Z1".into() };
//! let error = app.execute(&order, ship).await.unwrap_err();
//! assert!(matches!(error, ExecuteError::Rejected(OrderError::NotOpen)));
//! # Ok(())
//! # }
//! ```
//!
//! If another process has taken the version, its commit is folded in and the command is decided again, up to
//! [`Settings::conflict`](app::Settings::conflict) times. [`ExecuteError`] lists the other ways in which a command can
//! end. None of them leaves anything half-written.
//!
//! A [transaction](App::transaction) executes commands on several streams together or not at all:
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! # use cqrs_core::prelude::*;
//! # use cqrs_core::store::MemoryEventStore;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let app = App::builder(MemoryEventStore::new()).build()?;
//! # let tenant = Tenant::new("TENANT001")?;
//! # let (old, new) = (OrderKey::new(&tenant, "20240101-001"), OrderKey::new(&tenant, "20240101-002"));
//! # let create = || CreateOrder { customer_id: "CUST-001".into(), total: 15000 };
//! # app.execute(&old, create()).await?;
//! app.transaction().execute(&old, CancelOrder).execute(&new, create()).command_id("replace-1").await?;
//! # Ok(())
//! # }
//! ```
//!
//! | a transaction | |
//! | --- | --- |
//! | [`execute`](app::Transaction::execute) | a command, and the stream that gets its commit |
//! | [`unchanged`](app::Transaction::unchanged) | a stream that the decisions depend on: nothing may be committed to it in the meantime |
//! | [`CommandContext::state`] | the state of such a stream, in a `#[command]` method |
//! | [`Transacted::of`] | the answer to one of the commands |
//!
//! Outside of a transaction, reads of several streams are not one snapshot: each shows its own moment.
//!
//! # A view
//!
//! A projection folds events into a view. The view of a `#[projection(Order)]` is stored at the order's own key.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::prelude::*;
//! use cqrs_core::store::MemoryEventStore;
//! use cqrs_core::view::MemoryViewStore;
//!
//! #[projection(Order)]
//! #[derive(Debug, Default, PartialEq)]
//! pub struct OrderSummary {
//!     pub customer_id: String,
//!     pub shipped_at: Option<Timestamp>,
//! }
//!
//! #[projection(Order)]
//! impl OrderSummary {
//!     #[apply]
//!     fn created(&mut self, event: &OrderCreated) {
//!         self.customer_id.clone_from(&event.customer_id);
//!     }
//!
//!     #[apply]
//!     fn shipped(&mut self, event: &Recorded<OrderShipped>) {
//!         self.shipped_at = Some(event.metadata().created_at);
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
//! let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//! app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
//! assert_eq!(app.view::<OrderSummary>(&order).await?, None);
//!
//! app.run_until_idle().await?;
//! let view = app.view::<OrderSummary>(&order).await?.expect("it was delivered");
//! assert_eq!(view.customer_id, "CUST-001");
//! # Ok(())
//! # }
//! ```
//!
//! A view is behind its aggregate until the commit is delivered; [`App::load`] never is. The sender of a command reads
//! its own write with the command's [token](Committed::token):
//! `app.view::<OrderSummary>(&order).at_least(done.token()).await?` waits until the view
//! [contains the commit](app::ReadView::at_least), even if another process projects it. With
//! [`#[projection(key(…))]`](macro@projection), the key of a view comes from the events, of one aggregate or of several.
//!
//! # A handler
//!
//! Code with effects outside the app is a handler. It registers itself. You provide its dependencies to the app, and
//! [`build`](app::AppBuilder::build) reports those that are missing, before the first message.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use std::sync::Mutex;
//!
//! use cqrs_core::prelude::*;
//! use cqrs_core::store::MemoryEventStore;
//!
//! #[derive(Default)]
//! pub struct Outbox(Mutex<Vec<String>>);
//!
//! #[event_handler(OrderShipped)]
//! async fn tell_customer(event: &Recorded<OrderShipped>, outbox: &Outbox) -> Result<(), HandlerError> {
//!     let order = event.key()?;
//!     outbox.0.lock().unwrap().push(format!("{} is on its way: {}", order.id(), event.tracking));
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryEventStore::new();
//! let faults = App::builder(store.clone()).build().unwrap_err();
//! assert!(faults.to_string().contains("handler `tell_customer`"));
//!
//! let app = App::builder(store).provide(Outbox::default()).build()?;
//! let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//! app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
//! app.execute(&order, ShipOrder { tracking: "Z1".into() }).await?;
//!
//! let delivered = app.run_until_idle().await?;
//! assert_eq!(delivered.commits, 2);
//! # Ok(())
//! # }
//! ```
//!
//! A handler that takes `app: &App` sends commands to other aggregates. Their ids are derived from the event, so a
//! repeated delivery does not repeat them. A crate that is never named in code is not linked, and its handlers are
//! missing: write `use billing as _;`, and check with [`App::wiring`].
//!
//! # Delivery
//!
//! [`App::run_until_idle`] delivers what there is and returns. [`App::run`] is for services: it delivers until it is
//! told to stop.
//!
//! ```
//! # use cqrs_core::App;
//! # async fn example(app: App, stop: tokio::sync::oneshot::Receiver<()>) -> Result<(), Box<dyn std::error::Error>> {
//! let delivered = app.run(async { stop.await.unwrap_or_default() }).await?;
//! println!("{} commits", delivered.commits);
//! # Ok(())
//! # }
//! ```
//!
//! Every commit reaches every subscriber at least once, and in the order of its stream. A projection applies it at
//! most once, whatever was repeated or left out. A commit that fails several times becomes a dead letter: see
//! [`delivery`] and [`App::dead_letters`].
//!
//! Correlation id, causation id and trace context travel with the commit into the `tracing` span of the handler, and
//! into the commands that it sends: see [`trace`].
//!
//! # The past
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::prelude::*;
//! # use cqrs_core::store::MemoryEventStore;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let app = App::builder(MemoryEventStore::new()).build()?;
//! # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//! let day = |text: &str| format!("2024-01-{text}T12:00:00Z").parse::<Timestamp>();
//! app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).at(day("01")?).await?;
//! app.execute(&order, CancelOrder).at(day("05")?).await?;
//!
//! assert_eq!(app.load(&order).await?.state.status, Status::Cancelled);
//! assert_eq!(app.load_version(&order, Version::new(1)).await?.state.status, Status::Open);
//! assert_eq!(app.load_as_of(&order, day("03")?).await?.state.status, Status::Open);
//!
//! let mut history = app.history(&order);
//! let mut lines = Vec::new();
//! while let Some(event) = history.try_next().await? {
//!     lines.push(format!("{} {:?}", event.metadata().created_at, event.event()));
//! }
//! assert_eq!(lines[1], "2024-01-05T12:00:00.000Z OrderCancelled {}");
//! # Ok(())
//! # }
//! ```
//!
//! # Testing
//!
//! Given events, when a command comes, then events: [`testing`] has scenarios for aggregates, projections, processes and
//! handlers, chaos for deliveries, and the proof of the wiring.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::testing::Scenario;
//!
//! # fn main() {
//! Scenario::<Order>::given([OrderCreated { customer_id: "CUST-001".into(), total: 15000 }])
//!     .when(ShipOrder { tracking: "Z1".into() })
//!     .then([OrderShipped { tracking: "Z1".into() }]);
//! # }
//! ```
//!
//! # Features
//!
//! None of them is on by default.
//!
//! | feature | gives |
//! | --- | --- |
//! | `chrono`, `uuid`, `rust_decimal` | types of the crates of these names in keys, events and indexes: the page `foreign` |
//! | `contracts` | AsyncAPI, JSON Schema and TypeScript of what an app stores and publishes: the page `contract` |
//! | `inspect` | what is stored, by names that are known at run time: the page `inspect` |
//! | `opentelemetry` | the spans of commands and of subscribers in one trace: [`trace`] |
//! | `conformance` | the suite that every store passes: the page `conformance` |
//!
//! # Where things are stored
//!
//! | what | trait | address |
//! | --- | --- | --- |
//! | commits | [`EventStore`] | pk `TENANT001#ORDER`, sk `ORDER#20240101-001@0000000003` |
//! | views and fences | [`ViewStore`](view::ViewStore) | pk `TENANT001#ORDER_SUMMARY`, sk `ORDER_SUMMARY#20240101-001` |
//! | snapshots | [`SnapshotStore`](snapshot::SnapshotStore) | the stream's own: pk `TENANT001#ORDER`, sk `ORDER#20240101-001` |
//! | positions and dead letters | [`DeliveryStore`](delivery::DeliveryStore) | by subscriber |
//!
//! [`App::builder`] takes all of them as one set of [`Stores`](app::Stores). `cqrs-dynamo` keeps them in four DynamoDB
//! tables, on AWS or embedded in a file; its `Dynamo` is such a set. For tests there are stores in memory:
//! [`MemoryEventStore`](store::MemoryEventStore), [`MemoryViewStore`](view::MemoryViewStore) and
//! [`MemorySnapshotStore`](snapshot::MemorySnapshotStore). They keep the same records under the same conditions.
//! [`store::record`] describes a stored commit, and [`spi`] explains how to write a store of your own.

pub mod aggregate;
pub mod app;
mod cache;
#[doc(hidden)]
pub mod causes;
mod clock;
pub mod command;
pub mod commit;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "contracts")]
pub mod contract;
pub mod delivery;
mod digest;
mod engine;
pub mod event;
#[cfg(any(feature = "chrono", feature = "rust_decimal", feature = "uuid"))]
pub mod foreign;
pub mod handler;
#[cfg(feature = "inspect")]
pub mod inspect;
mod json;
pub mod key;
mod location;
mod metadata;
#[cfg(doctest)]
mod pages;
mod panic;
pub mod prelude;
pub mod process;
pub mod projection;
mod projector;
mod registry;
pub mod replay;
mod runtime;
pub mod schema;
pub mod snapshot;
pub mod spi;
pub mod store;
#[doc(hidden)]
pub mod supervisor;
pub mod testing;
mod timestamp;
pub mod trace;
mod version;
pub mod view;

#[doc(hidden)]
pub mod __private;

pub use aggregate::{Aggregate, AggregateKey, IntoEvents};
pub use app::{App, BuildError, Committed, Cursor, Loaded, Outcome, Transacted};
pub use command::{CommandContext, ExecuteError, TransactionError};
pub use commit::{Commit, CommitToken, StoredEvent};
pub use cqrs_macros::{
    EventData, IndexValue, aggregate, app, apply, command, deadline, event, event_handler, process,
    projection, react,
};
pub use event::{Event, EventId, Recorded};
pub use handler::HandlerError;
pub use key::{KeyError, KeyPart, StreamKey, Tenant};
pub use location::Location;
pub use metadata::Metadata;
pub use process::Reaction;
pub use projection::{IndexValue, Projection, starts_with};
pub use schema::EventData;
pub use serde;
pub use store::{EventStore, RefusedKind, StoreError};
pub use timestamp::{Timestamp, TimestampError};
pub use version::Version;

/// An event's data as it is stored: what the functions of `#[event(from_json(…))]` take and give.
pub type Json = serde_json::Value;
