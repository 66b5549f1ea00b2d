use crate::aggregate::AggregateRow;
use crate::registry::stored_commands;
use crate::schema::{Entry, EventsLock, examples};

impl EventsLock {
    /// The shapes of all events and of all stored commands that are linked into this program, of all its packages, with examples where
    /// they can be made: what another program asks with [`EventsLock::compat`], where no file is at hand.
    ///
    /// A schema that only `from_json` reads has no shape, and is not in it.
    ///
    /// ```
    /// use cqrs_core::schema::EventsLock;
    ///
    /// let deployed: EventsLock = EventsLock::default();
    /// assert!(EventsLock::linked().compat(&deployed).is_empty());
    /// ```
    #[must_use]
    pub fn linked() -> Self {
        let events = inventory::iter::<AggregateRow>().flat_map(|row| (row.schemas)());
        let commands = stored_commands().into_iter().flat_map(|row| (row.schemas)());
        let mut lock = Self::default();
        for schema in events.chain(commands) {
            if let Some(shape) = &schema.shape {
                let examples = examples(shape).unwrap_or_default();
                lock.insert(schema.id.name, schema.id.schema, Entry { shape: shape.to_string(), examples });
            }
        }
        lock
    }
}
