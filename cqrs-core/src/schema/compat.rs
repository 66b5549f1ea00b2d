use super::lock::{EventsLock, in_order};
use super::number::SchemaNumber;

/// What one program stores and another cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// The reader does not know the event.
    #[error("`{name}` is not known to the reader")]
    Unknown {
        /// The stored type name.
        name: String,
    },
    /// The reader knows the event under other schemas only.
    #[error("`{name}` is stored under schema {schema}, and the reader knows {known:?}")]
    Schema {
        /// The stored type name.
        name: String,
        /// The schema that is stored.
        schema: u32,
        /// The schemas that the reader knows.
        known: Vec<u32>,
    },
    /// The reader knows the schema, but not this widening of it.
    #[error(
        "`{name}` is stored under schema {stored}, and the reader knows {known}: it leaves such an event to a newer program"
    )]
    Wider {
        /// The stored type name.
        name: String,
        /// The shape that is stored.
        stored: SchemaNumber,
        /// The widest shape of the schema that the reader knows.
        known: SchemaNumber,
    },
    /// One schema has two shapes: somebody changed a locked event by hand.
    #[error("`{name}` (schema {schema}) is stored as {stored}, and the reader expects {expected}")]
    Shape {
        /// The stored type name.
        name: String,
        /// The schema.
        schema: SchemaNumber,
        /// The writer's shape.
        stored: String,
        /// The reader's shape.
        expected: String,
    },
}

impl EventsLock {
    /// Checks whether the program with this lock reads what the program with the other lock stores, and returns all
    /// breaks.
    ///
    /// Call it before a rollback, with the lock of the older program as the reader, and before a deployment, with the
    /// lock of the newer program.
    ///
    /// ```
    /// use cqrs_core::schema::EventsLock;
    ///
    /// let old: EventsLock = "OrderCreated 1 {\n    total: u64,\n}".parse()?;
    /// let new: EventsLock =
    ///     "OrderCreated 1 {\n    total: u64,\n}\n\nOrderCreated 2 {\n    cents: u64,\n}".parse()?;
    /// assert!(new.compat(&old).is_empty());
    ///
    /// let breaks = old.compat(&new);
    /// assert_eq!(
    ///     breaks[0].to_string(),
    ///     "`OrderCreated` is stored under schema 2, and the reader knows [1]"
    /// );
    /// # Ok::<_, cqrs_core::schema::LockError>(())
    /// ```
    #[must_use]
    pub fn compat(&self, writer: &Self) -> Vec<Incompatible> {
        let check = |(name, number, stored): (&str, SchemaNumber, &super::Entry)| {
            let (name, schema) = (name.to_owned(), number.schema);
            if let Some(expected) = self.get(&name, number) {
                let same = in_order(&expected.shape) == in_order(&stored.shape);
                return (!same).then(|| Incompatible::Shape {
                    name,
                    schema: number,
                    stored: stored.shape.clone(),
                    expected: expected.shape.clone(),
                });
            }
            let shapes = || self.iter().filter(|known| known.0 == name).map(|known| known.1);
            if let Some(known) = shapes().filter(|known| known.schema == schema).max() {
                return (known < number).then_some(Incompatible::Wider { name, stored: number, known });
            }
            let mut known: Vec<u32> = shapes().map(|known| known.schema).collect();
            known.dedup();
            Some(if known.is_empty() {
                Incompatible::Unknown { name }
            } else {
                Incompatible::Schema { name, schema, known }
            })
        };
        writer.iter().filter_map(check).collect()
    }
}
