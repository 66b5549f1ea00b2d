use crate::aggregate::AggregateRow;
use crate::registry::stored_commands;
use crate::schema::{Entry, EventsLock, examples};

impl EventsLock {
    /// The shapes of all events and stored commands that are linked into this program, from all its packages, with
    /// examples where they can be made. Another program can check them with [`EventsLock::compat`] when it has no lock
    /// file.
    ///
    /// A schema that only `from_json` reads has no shape, and is not included.
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
                lock.insert(schema.id.name, schema.number(), Entry { shape: shape.to_string(), examples });
            }
        }
        lock
    }
}
