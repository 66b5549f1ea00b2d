//! Events: how they are decoded, and what they belong to.

use std::fmt;

use crate::Json;
use crate::aggregate::{Aggregate, AggregateEvent};
use crate::event::upcaster;
use crate::event::{DecodeError, Event, EventId, RawEvent, SharedEvent};
use crate::schema::SchemaNumber;

/// Whether an event is, or once was, stored under a name.
#[inline]
#[must_use]
pub fn is_stored_as<E: AggregateEvent<A>, A: Aggregate>(name: &str) -> bool {
    EventId::of::<E>().is_stored_as(name)
}

/// Decodes a stored event where it is applied.
///
/// # Errors
/// What is wrong with the data.
#[inline]
pub fn fold_event<E: AggregateEvent<A>, A: Aggregate>(
    number: SchemaNumber,
    data: Json,
    apply: impl FnOnce(&E),
) -> Result<(), String> {
    upcaster::read_then(number, data, apply)
}

/// Renders the `{:?}` of an aggregate's event enum: the type and the data, so that events need no `Debug`.
pub fn debug_event<E: AggregateEvent<A>, A: Aggregate>(event: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match serde_json::to_string(event) {
        Ok(data) => write!(f, "{} {data}", E::TYPE),
        Err(error) => write!(f, "{} <{error}>", E::TYPE),
    }
}

/// Decodes the event that a projection takes.
///
/// # Errors
/// [`DecodeError`].
pub fn decode<'a, E: Event>(raw: &RawEvent<'a>) -> Result<SharedEvent<'a, E>, DecodeError> {
    raw.share()
}

/// The id of an event that some aggregate applies.
#[must_use]
pub const fn event_id<E: AggregateEvent<A>, A: Aggregate>() -> EventId {
    EventId::of::<E>()
}

/// The id of an event that the aggregate `A` applies, for a projection at the key of `A`.
#[must_use]
pub const fn own_event<E: OwnEvent<A>, A>() -> EventId {
    EventId::of::<E>()
}

/// An event that a projection at the key of the aggregate `A` may take.
#[diagnostic::on_unimplemented(
    message = "`{A}` does not apply `{Self}`, so a `#[projection({A})]` cannot take it",
    label = "not an event of `{A}`",
    note = "a view at the key of `{A}` is made of the events that `{A}` applies: add `#[apply] fn …(&mut self, event: &{Self})` to `#[aggregate] impl {A}`",
    note = "a view of several aggregates has a key of its own: `#[projection(key(…))]`",
    note = "if `{Self}` is not an event yet, annotate its struct with `#[event]`; if it is a command, take the event that it leads to"
)]
pub trait OwnEvent<A>: Event {}

#[diagnostic::do_not_recommend]
impl<E: AggregateEvent<A>, A: Aggregate> OwnEvent<A> for E {}

/// Compiles if only one aggregate applies the event. If two do, the compiler cannot tell which one is meant. Its
/// message then contains the names of this function and of its parameter, which say what to do.
pub const fn an_event_belongs_to_one_aggregate_so_give_each_aggregate_its_own_event<
    E: AggregateEvent<TheOneAggregate>,
    TheOneAggregate: Aggregate,
>() {
}

/// Compiles if the handler's argument is the event that it is registered for.
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

/// Reads any map as an event without fields, so that it stays readable if a later version had some.
pub fn deserialize_unit<'de, D: serde::Deserializer<'de>, E>(
    deserializer: D,
    event: E,
) -> Result<E, D::Error> {
    let _: std::collections::BTreeMap<String, serde::de::IgnoredAny> =
        serde::Deserialize::deserialize(deserializer)?;
    Ok(event)
}
