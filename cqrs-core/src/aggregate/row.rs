use serde_json::Value;

use super::{Aggregate, AggregateEvent};
use crate::event::upcaster::{EventSchema, NEWER};
use crate::event::{EventId, upcaster};

/// One event of an aggregate: its id and how it becomes a case of the aggregate's enum.
#[derive(Debug)]
pub struct EventRow<S> {
    /// The stored type and schema.
    pub id: EventId,
    /// It is a command, which no aggregate may apply.
    pub(crate) command: bool,
    /// Why no subscriber takes it, where the event says so.
    pub(crate) unhandled: Option<&'static str>,
    /// Every event comes back from the store as it went there.
    pub(crate) comes_back: bool,
    pub(crate) decode: fn(u32, Value) -> Result<S, String>,
    pub(crate) schemas: fn() -> Vec<EventSchema>,
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
            command: E::COMMAND,
            unhandled: E::UNHANDLED,
            comes_back: E::SHAPE.comes_back(),
            decode: |schema, data| upcaster::read::<E>(schema, data).map(S::from),
            schemas: upcaster::schemas::<E>,
        }
    }

    /// The row of what the framework itself stores, which is nobody's to handle and comes back as it is.
    pub(crate) const fn internal(
        name: &'static str,
        unhandled: &'static str,
        decode: fn(u32, Value) -> Result<S, String>,
    ) -> Self {
        let id = EventId { name, schema: 1, aliases: &[] };
        Self { id, unhandled: Some(unhandled), command: false, comes_back: true, decode, schemas: Vec::new }
    }
}

/// What is wrong with a name that no event of the aggregate is stored under.
#[cold]
#[must_use]
pub fn unapplied<A: Aggregate>() -> String {
    format!("no `#[apply]` method of `{}` takes this type{NEWER}", A::NAME)
}
