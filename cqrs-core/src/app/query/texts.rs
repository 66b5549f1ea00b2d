//! Queries with texts as values, such as those of a URL. The types of the fields are looked up here.

use std::ops::Bound;

use serde_json::Value;

use super::{By, Query};
use crate::json::camel_case;
use crate::json::canonical;
use crate::projection::{
    Column, Criterion, END, IndexText, Projection, ViewAddress, part_text, partition, starts_with,
};

/// A text that cannot be a value of the field that it is given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitText {
    /// The field.
    pub field: &'static str,
    /// What is wrong with the text.
    pub reason: String,
}

/// For `cqrs_http`.
#[doc(hidden)]
impl<V: Projection> Query<'_, V> {
    /// By the index at a position in [`View::INDEXES`](crate::projection::View::INDEXES), with the conditions on its
    /// fields in their order, the first one by value.
    ///
    /// # Errors
    /// A text that is not of its field's type, or a prefix of a field that is not a text.
    pub fn by_texts(mut self, at: usize, asked: Vec<Criterion<String>>) -> Result<Self, UnfitText> {
        let Some(index) = V::INDEXES.get(at) else { return Ok(self) };
        self.prefix.clear();
        self.by = By::Index(at + 1, index);
        for (column, asked) in index.columns.iter().zip(asked) {
            let asked = typed(column, asked)?;
            match (self.fields, asked) {
                (0, Criterion::Is(first)) => {
                    self.pk = partition(&self.pk, index, &first);
                    self.first = first;
                    self.fields = 1;
                }
                (_, asked) => self = self.ask(asked, &[END]),
            }
        }
        Ok(self)
    }

    /// By the fields of the key in their order, by value, and the last one also by its beginning.
    ///
    /// # Errors
    /// A text that is not of its field's type, or a condition that a field of a key does not take.
    pub fn by_key_texts(mut self, asked: Vec<Criterion<String>>) -> Result<Self, UnfitText> {
        let mut before = Vec::new();
        for (field, asked) in V::Key::PARTS.iter().copied().zip(asked) {
            let unfit = |reason: String| UnfitText { field, reason };
            let is_last = before.len() + 1 == V::Key::PARTS.len();
            self = match asked {
                Criterion::Is(text) => {
                    let text = part_text::<V::Key>(self.tenant, &before, &text).map_err(unfit)?;
                    before.push(text.clone());
                    self.part_text(Criterion::Is(text))
                }
                Criterion::Begins(beginning) if is_last => self.part::<String>(starts_with(beginning)),
                _ => return Err(unfit("a field of a key is asked for its value".to_owned())),
            };
        }
        Ok(self)
    }
}

fn typed<V: Projection>(
    column: &Column<V>,
    asked: Criterion<String>,
) -> Result<Criterion<String>, UnfitText> {
    let text =
        |text: String| text_of(column, text).map_err(|reason| UnfitText { field: column.name, reason });
    Ok(match asked {
        Criterion::Is(value) => Criterion::Is(text(value)?),
        Criterion::Within(from, to) => {
            let bound = |bound: Bound<String>| match bound {
                Bound::Included(value) => text(value).map(Bound::Included),
                Bound::Excluded(value) => text(value).map(Bound::Excluded),
                Bound::Unbounded => Ok(Bound::Unbounded),
            };
            Criterion::Within(bound(from)?, bound(to)?)
        }
        Criterion::Begins(beginning) if column.is_text() => {
            Criterion::Begins(IndexText::of_beginning(&beginning))
        }
        Criterion::Begins(_) => {
            let reason = "it is not a text, so it has no prefix; ask for a value or a range".to_owned();
            return Err(UnfitText { field: column.name, reason });
        }
    })
}

/// The text by which the index lists a view whose field has this value. A view is deserialized with the value, so that
/// the field's own `Deserialize` decides what the value is.
fn text_of<V: Projection>(column: &Column<V>, text: String) -> Result<String, String> {
    let empty = serde_json::to_value(V::default()).map_err(|error| error.to_string())?;
    let number_or_such = serde_json::from_str(&text).ok().filter(|value: &Value| !value.is_null());
    let mut refused = None;
    for value in [Some(Value::String(text)), number_or_such].into_iter().flatten() {
        for name in [camel_case(column.name), column.name.to_owned()] {
            let Value::Object(mut fields) = empty.clone() else {
                return Err("its view is not a struct".to_owned());
            };
            fields.insert(name.clone(), value.clone());
            match canonical::read_owned::<V>(Value::Object(fields)) {
                // A field of another name would have been ignored.
                Ok(view) if serde_json::to_value(&view).is_ok_and(|fields| fields.get(&name).is_some()) => {
                    return column.text_in(&view).ok_or_else(|| "it is not a value of this field".to_owned());
                }
                Ok(_) => {}
                Err(error) => refused = Some(error.to_string()),
            }
        }
    }
    Err(refused.unwrap_or_else(|| "the field has another name where it is stored".to_owned()))
}
