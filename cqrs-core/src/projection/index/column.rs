use std::any::Any;

use super::value::{IndexField, IndexText, IndexValue};

/// One field of an index, of the views `V`. Its type is left behind where the index is declared: what is wrong with it is
/// said once, and not by every method of the query.
#[derive(Debug)]
pub struct Column<V> {
    pub(crate) name: &'static str,
    pub(super) shape: u64,
    /// The field of a view.
    field: fn(&V) -> &dyn Any,
    /// The text of a field, where it has a value.
    field_text: fn(&dyn Any) -> Option<String>,
    /// The text of a value that is asked for.
    value_text: fn(&dyn Any) -> String,
}

impl<V> Column<V> {
    /// The field of type `F` that the function finds in a view.
    #[must_use]
    pub const fn of<F: IndexField>(name: &'static str, field: fn(&V) -> &dyn Any) -> Self {
        Self {
            name,
            shape: <F::Value as IndexValue>::SHAPE,
            field,
            field_text: |field| field.downcast_ref::<F>()?.value().map(IndexText::of),
            value_text: |value| value.downcast_ref::<F::Value>().map(IndexText::of).unwrap_or_default(),
        }
    }

    pub(super) fn text_in(&self, view: &V) -> Option<String> {
        (self.field_text)((self.field)(view))
    }

    /// The text of a value of the field's type.
    pub(crate) fn text(&self, value: &dyn Any) -> String {
        (self.value_text)(value)
    }
}
