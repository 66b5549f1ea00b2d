//! Facts: what `#[event]` implements, and how an event travels with its metadata.
//!
//! [`#[event]`](macro@crate::event) implements [`Event`]; the `#[apply]` method of an aggregate makes it an
//! [`AggregateEvent`]. A [`RawEvent`] is stored, a [`Recorded`] one is decoded; both know stream, version and
//! metadata.

mod id;
mod into_events;
pub(crate) mod older;
mod raw;
mod recorded;

pub use id::EventId;
pub use into_events::IntoEvents;
pub use raw::{DecodeError, RawEvent};
pub use recorded::Recorded;

use crate::schema::EventData;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One immutable fact. `#[event]` implements it.
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
    /// The names that it was stored under before: `#[event(alias = "…")]`.
    const ALIASES: &'static [&'static str] = &[];
    /// How its earlier schemas are read: `#[event(from = …)]` and `#[event(from_json(…))]`.
    #[doc(hidden)]
    const OLDER: older::Older<Self> = older::Older::NONE;
    /// Why nobody handles it: `#[event(unhandled = "…")]`.
    const UNHANDLED: Option<&'static str> = None;
}

/// An event that an aggregate applies. `#[aggregate]` on the impl block implements it for every `#[apply]`.
#[diagnostic::on_unimplemented(
    message = "no aggregate applies `{Self}`",
    label = "no `#[apply]` method takes this event",
    note = "add `#[apply] fn …(&mut self, event: &{Self})` to the aggregate that the event belongs to",
    note = "if `{Self}` is no event yet, annotate its struct with `#[event]`"
)]
pub trait AggregateEvent: Event {
    /// The one aggregate that applies it.
    type Aggregate: crate::aggregate::Aggregate;
}
