//! The keys that are taken from an event: by the names of its fields, or by the expressions in `#[apply(key(…))]` and
//! `#[react(key(…))]`.

use std::error::Error;

use super::message::{Message, same_text};
use crate::event::{DecodeError, Event, RawEvent};

/// The error of such an expression, in which `?` accepts every error.
#[derive(Debug)]
pub struct KeyExpressionError(Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for KeyExpressionError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The key that an expression makes from an event.
///
/// # Errors
/// The error of the expression, with the event.
pub fn said_key<K>(
    raw: &RawEvent<'_>,
    expression: impl FnOnce() -> Result<K, KeyExpressionError>,
) -> Result<K, DecodeError> {
    expression().map_err(|KeyExpressionError(error)| raw.refuse(format!("its key: {error}")))
}

/// An event for which it is known whether it has a field. An event without the field can be used as if it had one, so
/// that there is no second error.
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

/// The event, to take a field from.
pub fn with_field<E: WithField<HAS>, const HAS: bool>(event: &E) -> &E::Event {
    event.event()
}

/// Whether the event has the field.
///
/// # Panics
/// If it has no such field. The message says what to write on the method that has this `marker`.
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
