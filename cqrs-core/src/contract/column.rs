use super::contracts::Contracts;
use super::label::{Label, Tagging};
use super::scalar::is_text;
use crate::schema::{Field, Shape};

/// A field of an event's data that is one value, and so can be a column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The stored name.
    pub name: String,
    /// The kind of its values. Any value may be missing or null.
    pub kind: ColumnKind,
}

/// The kind of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// True or false.
    Boolean,
    /// An integer in the range of `i64`.
    Integer,
    /// An integer in the range of `u64`.
    Unsigned,
    /// A floating-point number.
    Float,
    /// A text. Also the name of a case, and values with more digits than a number or a [`Time`](Self::Time) keeps:
    /// decimals, and times of `chrono`.
    Text,
    /// A time to the millisecond, as RFC 3339.
    Time,
}

impl Contracts {
    /// The fields of an event's data that are one value each, in the order of their struct, for a stored type name and
    /// a schema. `None` for an event that this program does not know. Lists, maps, records, choices with data,
    /// flattened fields and opaque types are not included.
    #[must_use]
    pub fn columns(&self, name: &str, schema: u32) -> Option<Vec<Column>> {
        let events = self.aggregates.iter().flat_map(|aggregate| &aggregate.events);
        let event =
            events.filter(|event| event.schema == schema).find(|event| event.names.contains(&name))?;
        Some(event.shape.as_ref().map(columns).unwrap_or_default())
    }
}

fn columns(shape: &Shape) -> Vec<Column> {
    match shape {
        Shape::Record(fields) => fields.iter().filter_map(column).collect(),
        Shape::Example(inner, _) | Shape::Lossy(inner) | Shape::Recursive(_, inner) => columns(inner),
        _ => Vec::new(),
    }
}

fn column(field: &Field) -> Option<Column> {
    if field.label.starts_with("..") {
        return None;
    }
    let kind = kind(field.shape.as_ref()?)?;
    Some(Column { name: Label::of(field).name().to_owned(), kind })
}

fn kind(shape: &Shape) -> Option<ColumnKind> {
    Some(match shape {
        Shape::Optional(inner) | Shape::Example(inner, _) | Shape::Lossy(inner) => return kind(inner),
        Shape::Scalar(name) => match name.strip_suffix(" nonzero").unwrap_or(name) {
            "bool" => ColumnKind::Boolean,
            "u64" | "usize" => ColumnKind::Unsigned,
            "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" => ColumnKind::Integer,
            "f32" | "f64" => ColumnKind::Float,
            "timestamp" => ColumnKind::Time,
            text if is_text(text) => ColumnKind::Text,
            _ => return None,
        },
        Shape::Choice(tagging, cases) => match Tagging::of(tagging) {
            Tagging::External if cases.iter().all(|case| case.shape.is_none()) => ColumnKind::Text,
            _ => return None,
        },
        _ => return None,
    })
}
