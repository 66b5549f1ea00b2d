//! What events are stored as, over the years: shapes, the lock that watches over them, and how old ones are read.
//!
//! Stored events outlive the code that wrote them. A field that is renamed in passing makes a year of them unreadable, and
//! nothing tells before production does. Here the compiler tells.
//!
//! # An order's life over three schemas
//!
//! The shop begins with one event, and a test of one line in `tests/events.rs`:
//!
//! ```
//! # use cqrs_core::prelude::*;
//! #[event]
//! pub struct OrderCreated {
//!     pub customer: String,
//!     pub total: f64,
//! }
//! ```
//!
//! ```rust,ignore
//! use shop as _;
//!
//! cqrs_core::events_lock!();
//! ```
//!
//! `cargo test` says that the event is not locked yet, and what to do:
//!
//! ```text
//! shop/events.lock:
//!   - `OrderCreated` (schema 1) is missing: `EVENTS_LOCK=write cargo test events_lock` adds it
//! ```
//!
//! The command writes `events.lock` beside `Cargo.toml`. It is committed, like `Cargo.lock`:
//!
//! ```text
//! OrderCreated 1 {
//!     customer: string,
//!     total: f64,
//! }
//! = {"customer":"text","total":1.5}
//! ```
//!
//! ## Schema 2
//!
//! A year later somebody finds that money does not go into an `f64`, and makes it `total: u64`, in cents. That does not
//! compile:
//!
//! ```text
//! error[E0080]: evaluation panicked: events.lock has another shape of `OrderCreated` (schema 1):
//!                 - `total` was `f64`, is `u64`
//!               stored events have the locked shape. Keep a struct of it as schema 1, and give this one `#[event(schema = 2, from = …)]`.
//!               If no event of schema 1 was ever stored outside of this machine, delete it from events.lock, and run `EVENTS_LOCK=write cargo test events_lock`
//!  --> src/order.rs:4:12
//!   |
//! 4 | pub struct OrderCreated {
//!   |            ^^^^^^^^^^^^ evaluation of `_` failed here
//! ```
//!
//! So the old struct stays, under another name in the program and the same one in the store:
//!
//! ```
//! # use cqrs_core::prelude::*;
//! #[event(name = "OrderCreated")]
//! pub struct OrderCreatedV1 {
//!     pub customer: String,
//!     pub total: f64,
//! }
//!
//! #[event(schema = 2, from = OrderCreatedV1)]
//! pub struct OrderCreated {
//!     pub customer: String,
//!     pub total: u64,
//! }
//!
//! impl From<OrderCreatedV1> for OrderCreated {
//!     fn from(old: OrderCreatedV1) -> Self {
//!         Self { customer: old.customer, total: (old.total * 100.0).round() as u64 }
//!     }
//! }
//! ```
//!
//! Aggregates, projections and handlers see schema 2 only: an old event becomes a new one wherever it is read, from the
//! store, a queue, a dead letter, in a replay and in `history`. The same command locks schema 2 beside schema 1. The test
//! reads the examples of both by the code of today, for as long as they stand in the lock.
//!
//! ## Schema 3
//!
//! Customers move into a type of their own. The lock looks into it:
//!
//! ```
//! # use cqrs_core::prelude::*;
//! # use cqrs_core::serde::{Deserialize, Serialize};
//! #[derive(Serialize, Deserialize, EventData)]
//! # #[serde(crate = "cqrs_core::serde")]
//! pub struct Customer {
//!     pub id: String,
//!     pub tier: Option<u8>,
//! }
//!
//! #[event(schema = 3, from = OrderCreatedV2)]
//! pub struct OrderCreated {
//!     pub customer: Customer,
//!     pub total: u64,
//! }
//! # #[event(name = "OrderCreated")]
//! # pub struct OrderCreatedV1 { pub customer: String, pub total: f64 }
//! # impl From<OrderCreatedV1> for OrderCreatedV2 {
//! #     fn from(old: OrderCreatedV1) -> Self { Self { customer: old.customer, total: (old.total * 100.0).round() as u64 } }
//! # }
//!
//! #[event(name = "OrderCreated", schema = 2, from = OrderCreatedV1)]
//! pub struct OrderCreatedV2 {
//!     pub customer: String,
//!     pub total: u64,
//! }
//!
//! impl From<OrderCreatedV2> for OrderCreated {
//!     fn from(old: OrderCreatedV2) -> Self {
//!         Self { customer: Customer { id: old.customer, tier: None }, total: old.total }
//!     }
//! }
//! ```
//!
//! Whoever renames `tier` afterwards, in whatever crate `Customer` stands, reads at the event:
//!
//! ```text
//! error[E0080]: evaluation panicked: events.lock has another shape of `OrderCreated` (schema 3):
//!                 - `customer.level` is new: `level: u8?`
//!                 - `customer` lacks `tier`
//! ```
//!
//! # A change that only adds
//!
//! A year later a customer may have a note. Every stored event is read as before, by a struct with one more `Option`; a new schema
//! would only be work. The lock tells such a change from others, and says so:
//!
//! ```text
//! error[E0080]: evaluation panicked: events.lock has another shape of `OrderCreated` (schema 3):
//!                 - `note` is new: `note: string?`
//!               This only widens it: every stored event is read as before. Take it by `#[event(schema = 3, widened = 1)]`. An older program leaves such events to a newer one, as it does those of a newer schema.
//! ```
//!
//! `widened` says how often the schema was widened. The number stays in the source, and the next widening makes it 2; a new schema
//! begins without it. `EVENTS_LOCK=write cargo test events_lock` adds the wider shape behind the one before, as schema 3.1, and both
//! stay:
//!
//! ```text
//! OrderCreated 3 {
//!     customer: { id: string, tier: u8? },
//!     total: u64,
//! }
//! = {"customer":{"id":"text","tier":7},"total":7}
//!
//! OrderCreated 3.1 {
//!     customer: { id: string, tier: u8? },
//!     total: u64,
//!     note: string?,
//! }
//! = {"customer":{"id":"text","tier":7},"note":"text","total":7}
//! ```
//!
//! | change | |
//! | --- | --- |
//! | a new field that is an `Option`, or has `#[serde(default)]` | widens, however deep inside |
//! | a new case of an enum | widens; of an untagged one, as its last |
//! | a case or a field inside of an untagged enum, or one that a flattened map or enum would lose | is another shape |
//! | `u16` that becomes `u32`, `u32` that becomes `i64`; `NonZeroU32` that becomes `u32` | widens |
//! | what is never null that becomes an `Option` of itself | widens |
//! | a new `alias`, a new `default` of a field that was always stored, `skip_serializing_if` | widens |
//! | a field or a case that is gone or renamed, one more in a tuple, another tag, `deny_unknown_fields`, any other type | is another shape |
//!
//! A change within an [`opaque`](derive@crate::EventData) type is not seen, and is never asked for: if it only adds, give the next number.
//!
//! ## What older programs do
//!
//! An event of a widened schema is stored with `"widened": 1` beside its schema; others cost nothing. A program that knows the schema
//! less wide does not read the event, because it would lose what is new, and would decide without it. It treats the event as one
//! of a newer schema:
//!
//! | the older program | |
//! | --- | --- |
//! | receives it behind a broker | leaves it in the queue, up to [`unknown_kept`](crate::app::Settings::unknown_kept), 1 day by default |
//! | receives it in one process | keeps it as a dead letter that the newer program redrives by itself |
//! | loads its stream, or executes a command on it | gets an error, of which [`is_newer`](crate::event::DecodeError::is_newer) is true; nothing is committed |
//! | finds a stored command of that kind | leaves it for the newer program's sweep |
//! | finds a snapshot or a view of the newer program, of the same fold and shape | uses it: what is new is in it for neither of them |
//!
//! A program of a release of this crate without `widened` does not look at the number. It reads the event as serde does: it passes over
//! fields that it does not know, and a case that it does not know is a dead letter. Deploy this release before the first widening.
//!
//! # Commands
//!
//! A command that may be stored, a struct with [`#[command]`](macro@crate::command), has its entries in the same lock, is compared
//! in the same way, and has the same ways from an earlier schema. The lock tells entries apart by name: a command and an event of
//! one package need two.
//!
//! # Before a deployment, and before the way back
//!
//! Can the program of last week read what today's stores? Its lock knows:
//!
//! ```text
//! $ git show v1.4:shop/events.lock > old.lock
//! $ EVENTS_LOCK_READER=$PWD/old.lock cargo test events_lock
//! shop/events.lock:
//!   - EVENTS_LOCK_READER: `OrderCreated` is stored under schema 3, and the reader knows [1, 2]
//! ```
//!
//! [`EventsLock::compat`] is the same as a function.
//!
//! An event is looked up by its stored name wherever in the package it stands: one of a unit test that is called like a
//! real one is compared with it, too.
//!
//! # What it does not see
//!
//! * What `serialize_with` and `with` make of a value, a `Serialize` written by hand beside the derive, what `try_from`
//!   accepts, and types that are marked [`opaque`](derive@crate::EventData): their names count, and the examples that the
//!   test decodes. It keeps up to 64 examples of an event: one per case of its enums, and of what may be absent.
//! * A schema that only `from_json` knows has no struct to compare: its entry stays in the lock as it was, and is decoded.

mod compat;
pub(crate) mod data;
mod diff;
mod example;
mod fidelity;
mod lock;
mod notation;
mod number;
mod shape;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod widening;

pub use compat::Incompatible;
pub(crate) use diff::Changes;
pub(crate) use example::{NoExample, drawn, examples, scalar};
#[cfg(feature = "contracts")]
pub(crate) use lock::unquoted;
pub use lock::{Entry, EventsLock, LockError};
pub(crate) use notation::same;
#[cfg(feature = "contracts")]
pub(crate) use notation::{name_of, quote_end};
pub use number::SchemaNumber;
pub(crate) use shape::MOST_BYTES;
pub use shape::{EventData, Field, Shape};
pub(crate) use text::Text;
