//! How events are stored over the years: their shapes, the lock that watches over them, and how old events are read.
//!
//! Stored events outlive the code that wrote them. A field that is renamed in passing makes a year of them unreadable,
//! and usually nobody notices before production. Here the compiler reports it.
//!
//! # An order's life over three schemas
//!
//! The shop begins with one event, and a one-line test in `tests/events.rs`:
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
//! A year later somebody finds that money does not belong in an `f64`, and makes it `total: u64`, in cents. That does
//! not compile:
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
//! So the old struct stays, under another name in the program and the same name in the store:
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
//! Aggregates, projections and handlers see schema 2 only: an old event becomes a new one wherever it is read: from the
//! store, from a queue or a dead letter, in a replay and in `history`. The same command locks schema 2 beside schema 1.
//! The test reads the examples of both with today's code, as long as they are in the lock.
//!
//! ## Schema 3
//!
//! The customer becomes a type of its own. The lock looks into it:
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
//! If somebody renames `tier` afterwards, the compiler reports it at the event, whatever crate `Customer` is in:
//!
//! ```text
//! error[E0080]: evaluation panicked: events.lock has another shape of `OrderCreated` (schema 3):
//!                 - `customer.level` is new: `level: u8?`
//!                 - `customer` lacks `tier`
//! ```
//!
//! # A change that only adds
//!
//! A year later a customer may have a note. A struct with one more `Option` reads every stored event as before, so a
//! new schema would be work without a use. The lock recognises such a change, and says so:
//!
//! ```text
//! error[E0080]: evaluation panicked: events.lock has another shape of `OrderCreated` (schema 3):
//!                 - `note` is new: `note: string?`
//!               This only widens it: every stored event is read as before. Take it by `#[event(schema = 3, widened = 1)]`. An older program leaves such events to a newer one, as it does those of a newer schema.
//! ```
//!
//! `widened` says how often the schema was widened. The number stays in the source, and the next widening makes it 2. A
//! new schema begins without it. `EVENTS_LOCK=write cargo test events_lock` adds the wider shape after the earlier one,
//! as schema 3.1, and both stay:
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
//! | a new case of an enum | widens; in an untagged enum, only after the existing cases |
//! | a new case or field inside an untagged enum, or one that a flattened map or enum would lose | is another shape |
//! | `u16` that becomes `u32`, `u32` that becomes `i64`; `NonZeroU32` that becomes `u32` | widens |
//! | a type that is never null and becomes an `Option` of itself | widens |
//! | a new `alias`, a new `default` of a field that was always stored, `skip_serializing_if` | widens |
//! | a field or a case that is removed or renamed, one more item in a tuple, another tag, `deny_unknown_fields`, any other type | is another shape |
//!
//! The lock does not see a change within an [`opaque`](derive@crate::EventData) type, and does not demand a new number
//! for it. If such a change only adds, give the next number yourself.
//!
//! ## What older programs do
//!
//! An event of a widened schema is stored with `"widened": 1` beside its schema. Other events have nothing extra. A
//! program that does not know this widening does not read the event, because it would lose what is new, and would
//! decide without it. It treats the event like one of a newer schema:
//!
//! | the older program | |
//! | --- | --- |
//! | receives it behind a broker | leaves it in the queue, up to [`unknown_kept`](crate::app::Settings::unknown_kept), 1 day by default |
//! | receives it without a broker, in one process | keeps it as a dead letter, which the newer program redrives by itself |
//! | loads its stream, or executes a command on it | gets an error whose [`is_newer`](crate::event::DecodeError::is_newer) is true; nothing is committed |
//! | finds such a stored command | leaves it for the newer program's sweep |
//! | finds a snapshot or a view of the newer program, with the same fold and shape | uses it: neither program keeps anything new in it |
//!
//! A program with a release of this crate that has no `widened` does not look at the number. It reads the event as
//! serde does: it ignores fields that it does not know, and a case that it does not know makes a dead letter. Deploy a
//! release with `widened` before the first widening.
//!
//! # Commands
//!
//! A command that may be stored, a struct with [`#[command]`](macro@crate::command), has its entries in the same lock,
//! is compared in the same way, and can be read from an earlier schema in the same ways. The lock tells entries apart
//! by name, so a command and an event of one package need different names.
//!
//! # Before a deployment, and before a rollback
//!
//! Can last week's program read what today's program stores? Its lock answers this:
//!
//! ```text
//! $ git show v1.4:shop/events.lock > old.lock
//! $ EVENTS_LOCK_READER=$PWD/old.lock cargo test events_lock
//! shop/events.lock:
//!   - EVENTS_LOCK_READER: `OrderCreated` is stored under schema 3, and the reader knows [1, 2]
//! ```
//!
//! [`EventsLock::compat`] does the same as a function.
//!
//! An event is looked up by its stored name, wherever in the package it is declared. So an event in a unit test that
//! has the name of a real event is compared with the entry of the real one.
//!
//! # What it does not see
//!
//! * What `serialize_with` and `with` make of a value, a `Serialize` written by hand beside the derive, what `try_from`
//!   accepts, and types that are marked [`opaque`](derive@crate::EventData). Here only the names are compared, and the
//!   test decodes the examples. The lock keeps up to 64 examples of an event: one for each case of its enums, and one
//!   for each value that may be absent.
//! * A schema that only `from_json` knows. It has no struct to compare with. Its entry stays in the lock as it was, and
//!   its examples are decoded.

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
#[cfg(any(feature = "contracts", feature = "inspect"))]
pub(crate) use lock::unquoted;
pub use lock::{Entry, EventsLock, LockError};
#[cfg(any(feature = "contracts", feature = "inspect"))]
pub(crate) use notation::name_of;
#[cfg(feature = "contracts")]
pub(crate) use notation::quote_end;
pub(crate) use notation::same;
pub use number::SchemaNumber;
pub(crate) use shape::MOST_BYTES;
pub use shape::{EventData, Field, Shape};
pub(crate) use text::Text;
