use std::fmt;

use super::Event;
use crate::key::{extend_hash, stable_hash};
use crate::schema;

/// The name under which an event is stored: its type and its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId {
    /// The stored type name.
    pub name: &'static str,
    /// The version of its shape.
    pub schema: u32,
    /// The names under which it was stored before.
    pub aliases: &'static [&'static str],
}

impl EventId {
    /// The id of an event type.
    #[must_use]
    pub const fn of<E: Event>() -> Self {
        Self { name: E::TYPE, schema: E::SCHEMA, aliases: E::ALIASES }
    }

    /// Whether the event is, or once was, stored under this type name.
    #[must_use]
    #[inline]
    pub fn is_stored_as(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// [`EventId::is_stored_as`] for use at compile time.
    pub(crate) const fn is_named(&self, name: &str) -> bool {
        let mut same = schema::same(self.name.as_bytes(), name.as_bytes());
        let mut index = 0;
        while !same && index < self.aliases.len() {
            same = schema::same(self.aliases[index].as_bytes(), name.as_bytes());
            index += 1;
        }
        same
    }

    /// An alias of the other id that is not a name of this one.
    pub(crate) const fn lacks_alias(&self, other: &Self) -> Option<&'static str> {
        let mut index = 0;
        while index < other.aliases.len() {
            if !self.is_named(other.aliases[index]) {
                return Some(other.aliases[index]);
            }
            index += 1;
        }
        None
    }

    /// A name under which both are stored.
    pub(crate) const fn shared_name(&self, other: &Self) -> Option<&'static str> {
        if other.is_named(self.name) {
            return Some(self.name);
        }
        let mut index = 0;
        while index < self.aliases.len() {
            if other.is_named(self.aliases[index]) {
                return Some(self.aliases[index]);
            }
            index += 1;
        }
        None
    }

    /// A hash of today's name and schema. It goes into what is stored.
    pub(crate) const fn fingerprint(&self) -> u64 {
        extend_hash(stable_hash(self.name.as_bytes()), &self.schema.to_le_bytes())
    }

    /// Every type name under which it may be stored, today's first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (schema {})", self.name, self.schema)
    }
}
