use std::fmt;

use super::Event;

/// The name that an event is stored under: its type and its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId {
    /// The stored type name.
    pub name: &'static str,
    /// The version of its shape.
    pub schema: u32,
}

impl EventId {
    /// The id of an event type.
    #[must_use]
    pub const fn of<E: Event>() -> Self {
        Self { name: E::TYPE, schema: E::SCHEMA }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (schema {})", self.name, self.schema)
    }
}
