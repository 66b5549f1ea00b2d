use serde_json::Value;

use crate::event::{AggregateEvent, EventId};

/// One event of an aggregate: its id and how it becomes a case of the aggregate's enum.
#[derive(Debug)]
pub struct EventRow<S> {
    /// The stored type and schema.
    pub id: EventId,
    /// Why no subscriber takes it, where the event says so.
    pub(crate) unhandled: Option<&'static str>,
    pub(crate) decode: fn(&Value) -> Result<S, serde_json::Error>,
}

impl<S> EventRow<S> {
    /// The row of `E`.
    #[must_use]
    pub const fn of<E: AggregateEvent>() -> Self
    where
        S: From<E>,
    {
        Self {
            id: EventId::of::<E>(),
            unhandled: E::UNHANDLED,
            decode: |data| E::deserialize(data).map(S::from),
        }
    }
}
