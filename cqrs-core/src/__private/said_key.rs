//! The keys that are taken from an event: by the names of its fields, or by the expressions in `#[apply(key(…))]` and
//! `#[react(key(…))]`.

use std::error::Error;

use super::message::{Message, same_text};
use crate::event::{DecodeError, Event, RawEvent};

/// What went wrong in such an expression: `?` takes every error there.
#[derive(Debug)]
pub struct KeyExpressionError(Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for KeyExpressionError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The key that an expression makes of an event.
///
/// # Errors
/// That of the expression, for the event.
pub fn said_key<K>(
    raw: &RawEvent<'_>,
    expression: impl FnOnce() -> Result<K, KeyExpressionError>,
) -> Result<K, DecodeError> {
    expression().map_err(|KeyExpressionError(error)| raw.refuse(format!("its key: {error}")))
}

/// An event of which it is known whether it has a field. Without the field there is nothing to take it from, and so no second
/// error.
pub trait WithField<const HAS: bool> {
    /// The event.
    type Event;
    /// The event.
    fn event(&self) -> &Self::Event;
}

impl<E> WithField<true> for E {
    type Event = E;

    fn event(&self) -> &E {
        self
    }
}

/// The event, of which a field is taken.
pub fn with_field<E: WithField<HAS>, const HAS: bool>(event: &E) -> &E::Event {
    event.event()
}

/// Whether the event has the field.
///
/// # Panics
/// Where it has not, with what to do: on the method that has this `marker`.
#[must_use]
#[track_caller]
pub const fn has_field<E: Event>(field: &str, marker: &str) -> bool {
    let Some(fields) = E::FIELDS else { return true };
    let mut index = 0;
    while index < fields.len() {
        if same_text(fields[index], field) {
            return true;
        }
        index += 1;
    }
    let mut message = Message::new();
    message.push("`");
    message.push(E::TYPE);
    message.push("` has no field `");
    message.push(field);
    message.push("`, and the key has one: say on this method what it is for this event, `#[");
    message.push(marker);
    message.push("(key(");
    message.push(field);
    message.push(" = …))]`");
    panic!("{}", message.text())
}
