use std::any::Any;

use super::value::{IndexField, IndexText, IndexValue};

/// One field of an index of the views `V`. The field's type is checked where the index is declared, so a wrong type gives one
/// error, and not one for every method of the query.
#[derive(Debug)]
pub struct Column<V> {
    pub(crate) name: &'static str,
    pub(super) shape: u64,
    /// The field of a view.
    field: fn(&V) -> &dyn Any,
    /// The text of a field, if it has a value.
    field_text: fn(&dyn Any) -> Option<String>,
    /// The text of a value in a query.
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

    /// Whether its values are texts, which have a beginning that a query may ask for.
    pub(crate) const fn is_text(&self) -> bool {
        self.shape == <String as IndexValue>::SHAPE
    }

    pub(crate) fn text_in(&self, view: &V) -> Option<String> {
        (self.field_text)((self.field)(view))
    }

    /// The text of a value of the field's type.
    pub(crate) fn text(&self, value: &dyn Any) -> String {
        (self.value_text)(value)
    }
}
