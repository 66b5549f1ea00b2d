use serde_json::Value;

use super::{Aggregate, AggregateEvent};
use crate::event::upcaster::{EventSchema, NEWER};
use crate::event::{EventId, upcaster};
use crate::schema::{SchemaNumber, Shape};

/// One event of an aggregate: its id, and how it becomes a case of the aggregate's enum.
#[derive(Debug)]
pub struct EventRow<S> {
    /// The stored type and schema.
    pub id: EventId,
    /// Whether it is a command, which no aggregate may apply.
    pub(crate) command: bool,
    /// Why no subscriber takes it, if the event says so.
    pub(crate) unhandled: Option<&'static str>,
    /// Whether every event comes back from the store as it was stored.
    pub(crate) comes_back: bool,
    pub(crate) decode: fn(SchemaNumber, Value) -> Result<S, String>,
    pub(crate) schemas: fn() -> Vec<EventSchema>,
}

impl<S> EventRow<S> {
    /// The row of `E`.
    #[must_use]
    pub const fn of<E: AggregateEvent<A>, A: Aggregate>() -> Self
    where
        S: From<E>,
    {
        Self {
            id: EventId::of::<E>(),
            command: E::COMMAND,
            unhandled: E::UNHANDLED,
            comes_back: E::SHAPE.comes_back(),
            decode: |number, data| upcaster::read::<E>(number, data).map(S::from),
            schemas: upcaster::schemas::<E>,
        }
    }

    /// The shape that the event has today; `None` for an event that the framework itself stores.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        let today = |schema: &EventSchema| schema.id.schema == self.id.schema;
        (self.schemas)().into_iter().find(today).and_then(|schema| schema.shape)
    }

    /// The row of an event that the framework itself stores. No subscriber handles it, and it comes back as it is.
    pub(crate) const fn internal(
        name: &'static str,
        unhandled: &'static str,
        decode: fn(SchemaNumber, Value) -> Result<S, String>,
    ) -> Self {
        let id = EventId { name, schema: 1, aliases: &[] };
        Self { id, unhandled: Some(unhandled), command: false, comes_back: true, decode, schemas: Vec::new }
    }
}

/// The fault of a name under which no event of the aggregate is stored.
#[cold]
#[must_use]
pub fn unapplied<A: Aggregate>() -> String {
    format!("no `#[apply]` method of `{}` takes this type{NEWER}", A::NAME)
}
