//! Events: how they are decoded, and to what they belong.

use std::fmt;

use crate::Json;
use crate::aggregate::AggregateEvent;
use crate::event::upcaster;
use crate::event::{DecodeError, EventId, RawEvent, SharedEvent};

/// Whether an event is, or once was, stored under a name.
#[inline]
#[must_use]
pub fn is_stored_as<E: AggregateEvent>(name: &str) -> bool {
    EventId::of::<E>().is_stored_as(name)
}

/// Decodes a stored event where it is applied.
///
/// # Errors
/// What is wrong with the data.
#[inline]
pub fn fold_event<E: AggregateEvent>(schema: u32, data: Json, apply: impl FnOnce(&E)) -> Result<(), String> {
    upcaster::read_then(schema, data, apply)
}

/// Renders the `{:?}` of an aggregate's event enum: the type and the data, so that events need no `Debug`.
pub fn debug_event<E: AggregateEvent>(event: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match serde_json::to_string(event) {
        Ok(data) => write!(f, "{} {data}", E::TYPE),
        Err(error) => write!(f, "{} <{error}>", E::TYPE),
    }
}

/// Decodes the event that a projection takes.
///
/// # Errors
/// [`DecodeError`].
pub fn decode<'a, E: AggregateEvent>(raw: &RawEvent<'a>) -> Result<SharedEvent<'a, E>, DecodeError> {
    raw.share()
}

/// The id of an event that some aggregate applies.
#[must_use]
pub const fn event_id<E: AggregateEvent>() -> EventId {
    EventId::of::<E>()
}

/// The id of an event that the aggregate `A` applies.
#[must_use]
pub const fn own_event<E: AggregateEvent<Aggregate = A>, A>() -> EventId {
    EventId::of::<E>()
}

/// Holds where the handler's argument is the event that it is registered for.
pub const fn assert_same_event<Taken: SameEvent<Listed>, Listed>() {}

/// Two names of one type.
#[diagnostic::on_unimplemented(
    message = "this handler takes `{Self}`, and is registered for `{Listed}`",
    label = "registered for `{Listed}`",
    note = "the argument and `#[event_handler(…)]` name the same event"
)]
pub trait SameEvent<Listed> {}

impl<E> SameEvent<E> for E {}

/// Serializes an event without fields as an empty map.
pub fn serialize_unit<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serde::ser::SerializeMap::end(serializer.serialize_map(Some(0))?)
}

/// Reads any map as an event without fields; so it stays readable where a later version had some.
pub fn deserialize_unit<'de, D: serde::Deserializer<'de>, E>(
    deserializer: D,
    event: E,
) -> Result<E, D::Error> {
    let _: std::collections::BTreeMap<String, serde::de::IgnoredAny> =
        serde::Deserialize::deserialize(deserializer)?;
    Ok(event)
}
