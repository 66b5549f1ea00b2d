//! Facts: what `#[event]` implements, and how an event travels with its metadata.
//!
//! [`#[event]`](macro@crate::event) implements [`Event`]. The `#[apply]` method of an aggregate makes it an
//! [`AggregateEvent`](crate::aggregate::AggregateEvent). A [`RawEvent`] is as it was stored, and a [`Recorded`] one is
//! decoded. Both know stream, version and metadata.

mod id;
mod raw;
mod recorded;
pub(crate) mod shape;
mod shared;
pub(crate) mod upcaster;

pub use id::EventId;
pub use raw::{DecodeError, RawEvent};
pub use recorded::Recorded;
pub use shared::SharedEvent;

use crate::schema::EventData;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One immutable fact. `#[event]` implements it. So does `#[command]`, because a
/// [stored command](crate::command::StoredCommand) also has a name, a schema and a shape.
///
/// ```
/// use cqrs_core::prelude::*;
/// use cqrs_core::Event;
///
/// #[event]
/// struct OrderShipped {
///     tracking: String,
/// }
///
/// assert_eq!((OrderShipped::TYPE, OrderShipped::SCHEMA), ("OrderShipped", 1));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "this type is not an event",
    note = "annotate its struct with `#[event]`"
)]
pub trait Event: EventData + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The stored type name: the struct's own, or `#[event(name = "…")]`.
    const TYPE: &'static str;
    /// The version of its shape: 1, 2, …
    const SCHEMA: u32;
    /// How often that shape was widened: `#[event(widened = 1)]`.
    const WIDENED: u32 = 0;
    /// The names that it was stored under before: `#[event(alias = "…")]`.
    const ALIASES: &'static [&'static str] = &[];
    /// How its earlier schemas are read: `#[event(from = …)]` and `#[event(from_json(…))]`.
    #[doc(hidden)]
    const UPCASTER: upcaster::Upcaster<Self> = upcaster::Upcaster::NONE;
    /// Why no subscriber handles it: `#[event(unhandled = "…")]`.
    const UNHANDLED: Option<&'static str> = None;
    /// The names of its fields, for the keys that are taken from it; `None` if they are not known.
    #[doc(hidden)]
    const FIELDS: Option<&'static [&'static str]> = None;
    /// Whether it is a command, which may be stored but is not a fact: `#[command]`.
    #[doc(hidden)]
    const COMMAND: bool = false;
}
