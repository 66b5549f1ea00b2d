//! All events of one command: the unit that is stored, published and projected.
//!
//! Stores and tools meet a [`Commit`]; commands answer with [`Committed`](crate::Committed), which has the events
//! decoded.

use std::sync::Arc;

use serde_json::Value;

use crate::event::Event;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::store::canonical::{self, canonicalize};
use crate::version::Version;

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// The stored type name.
    pub name: String,
    /// The version of its shape.
    pub schema: u32,
    /// Its fields in camelCase.
    pub data: Value,
}

/// An event that cannot be written down.
#[derive(Debug, Clone, thiserror::Error)]
#[error("event `{name}` cannot be serialized: {reason}")]
#[non_exhaustive]
pub struct EncodeError {
    /// The event's stored type name.
    pub name: &'static str,
    /// What serde said.
    pub reason: String,
}

impl StoredEvent {
    /// Serializes an event, in the one form in which it is stored: see the module `store::canonical`.
    ///
    /// # Errors
    /// [`EncodeError`] for what JSON has no place for: maps without text keys, integers over 64 bits,
    /// a NaN or an infinity in a field that is not optional.
    pub fn encode<E: Event>(event: &E) -> Result<Self, EncodeError> {
        let refused = |reason: String| EncodeError { name: E::TYPE, reason };
        let mut data = serde_json::to_value(event).map_err(|error| refused(error.to_string()))?;
        if const { !E::SHAPE.comes_back() } {
            canonicalize(&mut data);
        }
        // serde_json writes NaN as null, which could never be read back: better refused than stored.
        if const { E::SHAPE.may_lose_numbers() } && contains_null(&data) {
            canonical::read::<E>(&data).map_err(|error| {
                refused(format!("it could not be read back ({error}); is a number NaN or infinite?"))
            })?;
        }
        Ok(Self { name: E::TYPE.to_owned(), schema: E::SCHEMA, data })
    }
}

pub(crate) fn contains_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(contains_null),
        Value::Object(fields) => fields.values().any(contains_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// All events of one command, with its metadata. Stored as one item; never changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The stream it stands in.
    pub stream: StreamKey,
    /// Its place in the stream.
    pub version: Version,
    /// At least one event, in their order.
    pub events: Vec<StoredEvent>,
    /// Who, when, because of what.
    pub metadata: Arc<Metadata>,
}

impl Commit {
    /// The stored type name of its first event, for logs.
    pub(crate) fn first_type(&self) -> Option<&str> {
        self.events.first().map(|event| event.name.as_str())
    }
}
