//! What generated code calls. No part of the public interface: it changes without notice.

pub use inventory;
pub use serde;

pub use crate::aggregate::{Aggregate, Command, CommandContext, Decide, Entity, EventRow};
pub use crate::commit::{EncodeError, StoredEvent};
pub use crate::event::{AggregateEvent, DecodeError, Event, EventId, IntoEvents, RawEvent, Recorded};
pub use crate::handler::{HandlerArm, HandlerError, HandlerFuture, Need, Scope};
pub use crate::key::{AggregateKey, KeyError, KeyPart, KeyTemplate, Parts, Piece};
pub use crate::projection::{Projection, ProjectionArm, View, ViewAddress};
pub use crate::registry::{AggregateRow, HandlerRow, ProjectionRow};
pub use crate::tenant::Tenant;

/// The two halves of a `Result`, also behind an alias.
pub trait ResultType {
    /// The first.
    type Value;
    /// The second.
    type Error;
}

impl<T, E> ResultType for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// Renders the `{:?}` of an aggregate's event enum: the type and the data, so that events need no `Debug`.
pub fn debug_event<E: Event>(event: &E, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    match serde_json::to_string(event) {
        Ok(data) => write!(f, "{} {data}", E::TYPE),
        Err(error) => write!(f, "{} <{error}>", E::TYPE),
    }
}

/// Joins the rendered fields of a view's key.
///
/// # Errors
/// [`KeyError::EmptyPart`].
pub fn render_view_id(fields: &[(&'static str, &dyn RenderPart)]) -> Result<String, KeyError> {
    let mut id = String::new();
    for (index, (part, field)) in fields.iter().enumerate() {
        if index > 0 {
            id.push('#');
        }
        let before = id.len();
        field.render(&mut id);
        if id.len() == before {
            return Err(KeyError::EmptyPart { part });
        }
    }
    Ok(id)
}

/// [`KeyPart`] without its constructor, so that fields of several types stand in one list.
pub trait RenderPart {
    /// Appends the rendered value.
    fn render(&self, out: &mut String);
}

impl<T: KeyPart> RenderPart for T {
    fn render(&self, out: &mut String) {
        self.render_part(0, out);
    }
}

/// Fails the build where two rows of one aggregate share the stored type and the schema.
pub const fn assert_unique_events<S>(rows: &[EventRow<S>]) {
    let mut left = 0;
    while left < rows.len() {
        let mut right = left + 1;
        while right < rows.len() {
            let same = rows[left].id.schema == rows[right].id.schema
                && same_text(rows[left].id.name, rows[right].id.name);
            assert!(
                !same,
                "two events of this aggregate have the same stored name and schema: \
                 rename one with `#[event(name = \"…\")]`"
            );
            right += 1;
        }
        left += 1;
    }
}

const fn same_text(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
