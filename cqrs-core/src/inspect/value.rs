//! Converts values of fields from JSON to the texts in the keys of views.

use serde_json::Value;

use super::error::InspectError;
use super::views::refused;
use crate::json::camel_case;
use crate::key::Tenant;
use crate::panic::tried;
use crate::projection::{self, Column, View, ViewAddress};

/// The text of a value of a field of an index.
///
/// Only the view knows the type of the field, and it reads itself from JSON. So the value is put into a view, and taken
/// out of it.
pub(super) fn field_text<V: View>(column: &Column<V>, value: &Value) -> Result<String, InspectError> {
    let text = |value: &Value| {
        tried(|| {
            let mut fields = serde_json::to_value(V::default()).map_err(|error| error.to_string())?;
            let object = fields.as_object_mut().ok_or("the view is not an object in JSON")?;
            // As `#[projection]` stores it. A type that names its fields differently has them as they are.
            let stored = camel_case(column.name);
            let name = if object.contains_key(column.name) { column.name.to_owned() } else { stored };
            object.insert(name, value.clone());
            let view: V = serde_json::from_value(fields).map_err(|error| error.to_string())?;
            column.text_in(&view).ok_or_else(|| "a view with no value there is not in the index".to_owned())
        })
    };
    any_of(column.name, value, text)
}

/// The text of a value of a field of a key, after the texts of the fields before it.
pub(super) fn part_text<K: ViewAddress>(
    tenant: &Tenant,
    before: &[String],
    name: &str,
    value: &Value,
) -> Result<String, InspectError> {
    any_of(name, value, |value| {
        let Value::String(text) = value else { return Err("a key has texts".to_owned()) };
        projection::part_text::<K>(tenant, before, text)
    })
}

/// The text of the value as it was given, or the number, the word or the text that it spells.
fn any_of(
    field: &str,
    value: &Value,
    text: impl Fn(&Value) -> Result<String, String>,
) -> Result<String, InspectError> {
    text(value).or_else(|reason| {
        let other = match value {
            Value::String(text) => serde_json::from_str(text)
                .ok()
                .filter(|value: &Value| value.is_number() || value.is_boolean()),
            Value::Number(_) | Value::Bool(_) => Some(Value::from(value.to_string())),
            _ => None,
        };
        let other = other.and_then(|other| text(&other).ok());
        other.ok_or_else(|| refused(field, &value.to_string(), &reason))
    })
}
