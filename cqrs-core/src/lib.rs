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
//! | stored command | a command that may lie in a store before it is executed: its struct has [`#[command]`](macro@command) |
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
//! | index | by which fields of a projection its views are listed; an entry of it is one view at its place |
//! | query | asks for the views of a tenant by an index or by their keys; a page is its answer, and a cursor where the next page begins |
//! | fingerprint | of a state or a view: changes with its shape and its fold, so that what another program has stored is told from one's own |
//! | token | names a commit by stream and version, as a text: a read that is given it answers with a view that contains the commit |
//! | fence | beside keyed views, the last commit of one stream that they contain |
//! | note | in a keyed view, the commit that it contains and its fence may not tell yet: [`Unfenced`](view::Unfenced) |
//! | handler | reacts to events, may have side effects |
//! | process | runs over several aggregates and takes its time: it folds events, and reacts to them and to deadlines with commands |
//! | instance | of a process: its state at one key, and a stream of steps |
//! | reaction | what a process does because of an event or a deadline: a value, stored with its step before it is executed |
//! | deadline | when an instance reacts although nothing has happened |
//! | snapshot | the state at a version, stored to load from; may vanish at any time without harm |
//! | store | what keeps commits ([`EventStore`]), views ([`ViewStore`](view::ViewStore)) or snapshots ([`SnapshotStore`](snapshot::SnapshotStore)); [`Stores`](app::Stores) are those of one program |
//! | delivery store | what the delivery remembers: positions, dead letters, parked streams, attempts, inboxes |
//! | runtime | what a program runs on: its stores, the index of its events, its caches and settings; an [`App`] is the front of one |
//! | lag | how many commits a projection has not taken, and how long ago the oldest of them was recorded |
//! | backlog | what waits in the queues of a broker |
//! | replay | builds the views of a projection anew from all commits |
//! | edition | the views across aggregates that one fold has made, with their fences; programs of another fold have their own |
//! | generation | the number of a replay; a view has that of the last replay which has built it |
//! | subscriber | a handler or a projection, as the delivery sees it |
//! | feed | all commits of the store in the order of each stream |
//! | relay | hands the commits of the feed to the queue of every subscriber |
//! | message | a commit on its way through a broker; a received message is one that a subscriber has in hand |
//! | position | how far a subscriber, or a replay, has come with a shard of the feed or a part of a table |
//! | inbox | the events that a handler with `once` has done |
//! | parked stream | one whose commits wait behind a dead letter |
//! | dead letter | a commit that a subscriber could not take, kept with the reason |
//! | redrive | gives dead letters to their subscriber once more |
//!
//! `at` means a time everywhere, and a version is called a version.
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
//! Commands decide, `#[apply]` folds. A command borrows the state and returns events or a rejection; only the fold
//! changes the state. The events that have an `#[apply]` are the events of the aggregate: returning another one does
//! not compile.
//!
//! ```rust,standalone_crate
#![doc = include_str!("../docs/order.rs")]
//! ```
//!
//! The macro has written the key, `OrderKey`, and the enum of the events, `OrderEvent`.
//! [`#[aggregate]`](macro@aggregate) has all forms of keys and commands.
//!
//! # Executing commands
//!
//! An [`App`] is made of its stores, and of everything that the macros have registered. The key's type names the
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
//! // A command id: executed once, whoever sends it again.
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
//! Where another process has taken the version, its commit is folded in and the command is decided again, up to
//! [`Settings::conflict`](app::Settings::conflict) times. [`ExecuteError`] has the other ways in which a command
//! ends; on none of them anything is half-written.
//!
//! Commands on several streams are executed together or not at all by a [transaction](App::transaction):
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
//! | [`unchanged`](app::Transaction::unchanged) | a stream that the decisions depend on: nothing may be committed to it meanwhile |
//! | [`CommandContext::state`] | the state of such a stream, in a `#[command]` method |
//! | [`Transacted::of`] | the answer to one of the commands |
//!
//! Reads of several streams outside of a transaction are not one snapshot: each is of its own moment.
//!
//! # A view
//!
//! A projection folds events into a view. The view of a `#[projection(Order)]` lies at the order's own key.
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
//! A view is behind its aggregate until the commit is delivered; [`App::load`] never is. The sender of a command reads its own
//! write with the command's [token](Committed::token): `app.view::<OrderSummary>(&order).at_least(done.token()).await?` waits until the
//! view [contains the commit](app::ReadView::at_least), in whichever process it is projected. With
//! [`#[projection(key(…))]`](macro@projection) a view's key comes from the events, of one aggregate or of several.
//!
//! # A handler
//!
//! What has effects outside is a handler. It registers itself; what it needs is provided to the app, and missing
//! pieces are a fault of [`build`](app::AppBuilder::build), before the first message.
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
//! A handler that takes `app: &App` sends commands to other aggregates; their ids follow from the event, so a
//! repeated delivery does not repeat them. A crate that is never named in code is not linked, and its handlers are
//! absent: write `use billing as _;`, and see [`App::wiring`].
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
//! most once, whatever was repeated or left out. What fails becomes a dead letter after some tries; see [`delivery`]
//! and [`App::dead_letters`].
//!
//! Correlation id, causation id and trace context go with the commit all the way into the `tracing` span of the handler, and
//! into the commands that it sends: [`trace`].
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
//! Given events, when a command comes, then events: [`testing`] has scenarios for aggregates, projections and handlers, a
//! chaos for deliveries, and the proof of the wiring.
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
//! # Where things are stored
//!
//! | what | trait | address |
//! | --- | --- | --- |
//! | commits | [`EventStore`] | pk `TENANT001#ORDER`, sk `ORDER#20240101-001@0000000003` |
//! | views and fences | [`ViewStore`](view::ViewStore) | pk `TENANT001#ORDER_SUMMARY`, sk `ORDER_SUMMARY#20240101-001` |
//! | snapshots | [`SnapshotStore`](snapshot::SnapshotStore) | the stream's own: pk `TENANT001#ORDER`, sk `ORDER#20240101-001` |
//! | positions and dead letters | [`DeliveryStore`](delivery::DeliveryStore) | by subscriber |
//!
//! [`App::builder`] takes all of them as one set of [`Stores`](app::Stores). `cqrs-dynamo` keeps them in four DynamoDB tables, on
//! AWS or embedded in a file; its `Dynamo` is such a set. The stores in memory,
//! [`MemoryEventStore`](store::MemoryEventStore), [`MemoryViewStore`](view::MemoryViewStore) and
//! [`MemorySnapshotStore`](snapshot::MemorySnapshotStore), keep the same records under the same conditions, for tests. [`store::record`] has the commit as it is stored, and [`spi`] tells how
//! to write a store of your own.

pub mod aggregate;
pub mod app;
mod cache;
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
    EventData, IndexValue, aggregate, app, command, event, event_handler, process, projection,
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
pub use store::{EventStore, StoreError};
pub use timestamp::{Timestamp, TimestampError};
pub use version::Version;

/// An event's data as it is stored: what the functions of `#[event(from_json(…))]` take and give.
pub type Json = serde_json::Value;
