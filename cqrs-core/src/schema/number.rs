use std::fmt;

/// The number of a stored shape of an event: its schema, and how often the schema had been widened. Its text is `2`, or
/// `2.1` after one widening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaNumber {
    /// The schema: 1, 2, …
    pub schema: u32,
    /// How often it was widened.
    pub widened: u32,
}

impl SchemaNumber {
    /// A schema that was widened `widened` times.
    #[must_use]
    pub const fn new(schema: u32, widened: u32) -> Self {
        Self { schema, widened }
    }
}

impl fmt::Display for SchemaNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.widened {
            0 => write!(f, "{}", self.schema),
            widened => write!(f, "{}.{widened}", self.schema),
        }
    }
}
