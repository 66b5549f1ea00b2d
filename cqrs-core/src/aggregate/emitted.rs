//! From the return value of a command method to what is stored: a result, its events, and the encoding of each.

use super::{Aggregate, AggregateEvent};
use crate::commit::{EncodeError, StoredEvent};
use crate::event::Event;
use crate::json::canonical::{self, canonicalize};
use crate::json::contains_null;

/// The two types of a `Result`, even if an alias hides it.
#[diagnostic::on_unimplemented(
    message = "a `#[command]` method returns a `Result`, not `{Self}`",
    label = "this is not a `Result`",
    note = "return `Result<…, …>`: the events, or why the command is rejected"
)]
pub trait ResultType {
    /// The type of `Ok`.
    type Value;
    /// The type of `Err`.
    type Error;
    /// The value as a plain `Result`.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> ResultType for Result<T, E> {
    type Value = T;
    type Error = E;
    fn into_result(self) -> Self {
        self
    }
}

/// What a `#[command]` method may return inside its `Ok`: one event, an `Option`, a `Vec`, an array, a tuple of them,
/// the aggregate's own event enum, or `()` for no event.
#[diagnostic::on_unimplemented(
    message = "`{A}` does not apply `{Self}`, so none of its commands can return it",
    label = "not an event of `{A}`",
    note = "add `#[apply] fn …(&mut self, event: &{Self})` to `#[aggregate] impl {A}`",
    note = "if `{Self}` is a command, return the event that it leads to"
)]
pub trait IntoEvents<A: Aggregate> {
    /// Appends the events in their order.
    fn into_events(self, events: &mut Vec<A::Event>);
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn into_events(self, events: &mut Vec<A::Event>) {
        if let Some(event) = self {
            event.into_events(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn into_events(self, events: &mut Vec<A::Event>) {
        for event in self {
            event.into_events(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>, const N: usize> IntoEvents<A> for [T; N] {
    fn into_events(self, events: &mut Vec<A::Event>) {
        for event in self {
            event.into_events(events);
        }
    }
}

impl<A: Aggregate> IntoEvents<A> for () {
    fn into_events(self, _events: &mut Vec<A::Event>) {}
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<A: Aggregate, $($name: IntoEvents<A>),+> IntoEvents<A> for ($($name,)+) {
            #[allow(non_snake_case, reason = "one binding per type parameter, named like it")]
            fn into_events(self, events: &mut Vec<A::Event>) {
                let ($($name,)+) = self;
                $($name.into_events(events);)+
            }
        }
    )*};
}
tuples! { (T1 T2) (T1 T2 T3) (T1 T2 T3 T4) (T1 T2 T3 T4 T5) (T1 T2 T3 T4 T5 T6) }

impl StoredEvent {
    /// Serializes an event, in the one form in which it is stored: see the module `store::canonical`.
    ///
    /// # Errors
    /// [`EncodeError`] for values that JSON cannot hold: maps without text keys, integers over 64 bits, a NaN or an
    /// infinity in a field that is not optional.
    pub fn encode<E: Event>(event: &E) -> Result<Self, EncodeError> {
        let refused = |reason: String| EncodeError { name: E::TYPE, reason };
        let mut data = serde_json::to_value(event).map_err(|error| refused(error.to_string()))?;
        if const { !E::SHAPE.comes_back() } {
            canonicalize(&mut data);
        }
        // serde_json writes NaN as null, which could never be read back, so it is refused.
        if const { E::SHAPE.may_lose_numbers() } && contains_null(&data) {
            canonical::read::<E>(&data).map_err(|error| {
                refused(format!("it could not be read back ({error}); is a number NaN or infinite?"))
            })?;
        }
        Ok(Self { name: E::TYPE.to_owned(), schema: E::SCHEMA, widened: E::WIDENED, data })
    }
}

/// Encodes an event of an aggregate. Generated code calls it, so that a type that is not an event is one error and not
/// two.
///
/// # Errors
/// As [`StoredEvent::encode`].
pub fn encode_event<E: AggregateEvent<A>, A: Aggregate>(event: &E) -> Result<StoredEvent, EncodeError> {
    StoredEvent::encode(event)
}
