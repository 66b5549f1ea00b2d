//! What fits into an item: checked here before anything is sent, and alike by every store.
//!
//! Source of all figures: Amazon DynamoDB Developer Guide, "Quotas" and "Supported data types".

use serde_json::{Number, Value};

use super::StoreError;
use super::record::Record;

/// The largest item that DynamoDB stores, in bytes: names and values together.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// How deep lists and maps may be nested, the attribute itself counted.
const MAX_LEVELS: usize = 32;

/// Numbers whose magnitude is not in this range cannot be stored; zero can.
const SMALLEST: f64 = 1e-130;
const TOO_LARGE: f64 = 1e126;

/// A value that an item has no place for.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
struct Misfit {
    path: String,
    reason: String,
}

/// Checks that a record fits into one item.
///
/// # Errors
/// [`StoreError::TooLarge`] for more than [`MAX_ITEM_BYTES`]; [`StoreError::Refused`], with the place, for a
/// number outside DynamoDB's range, for a map with an empty name, and for more than 32 levels.
pub fn check(record: &Record) -> Result<(), StoreError> {
    let bytes = size(record);
    if bytes > MAX_ITEM_BYTES {
        return Err(StoreError::TooLarge { bytes, limit: MAX_ITEM_BYTES });
    }
    check_fields(record, 0).map_err(|misfit| StoreError::Refused { source: Box::new(misfit) })
}

fn check_fields(fields: &Record, level: usize) -> Result<(), Misfit> {
    for (name, value) in fields {
        if name.is_empty() {
            return Err(Misfit::new("a name in a map is empty, and DynamoDB takes none such"));
        }
        check_value(value, level).map_err(|misfit| misfit.within(name))?;
    }
    Ok(())
}

/// `level` counts the lists and maps around the value.
fn check_value(value: &Value, level: usize) -> Result<(), Misfit> {
    if level >= MAX_LEVELS {
        return Err(Misfit::new(format!("it stands below more than {MAX_LEVELS} levels of lists and maps")));
    }
    match value {
        Value::Number(number) => check_number(number),
        Value::Array(values) => values.iter().enumerate().try_for_each(|(index, value)| {
            check_value(value, level + 1).map_err(|misfit| misfit.within(&index.to_string()))
        }),
        Value::Object(fields) => check_fields(fields, level + 1),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

fn check_number(number: &Number) -> Result<(), Misfit> {
    // Every 64-bit integer fits.
    let magnitude = number.as_f64().filter(|_| number.is_f64()).unwrap_or(0.0).abs();
    if magnitude == 0.0 || (SMALLEST..TOO_LARGE).contains(&magnitude) {
        return Ok(());
    }
    Err(Misfit::new(format!(
        "{number} is outside DynamoDB's range: magnitudes from 1E-130 to 9.99E+125, or zero"
    )))
}

impl Misfit {
    fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    fn within(self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.path) };
        Self { path, ..self }
    }
}

/// The size of a record as DynamoDB counts it, in bytes
/// (Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats").
///
/// Names and texts count their UTF-8 bytes; a number about one byte per two digits and one more; null and
/// booleans one byte; lists and maps three bytes and one per element.
#[must_use]
pub fn size(record: &Record) -> usize {
    record.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => number_size(&number.to_string()),
        Value::String(text) => text.len(),
        Value::Array(values) => 3 + values.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        Value::Object(fields) => {
            3 + fields.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
    }
}

/// At most 21 bytes; a sign takes one more. The upper estimate, so that nothing is sent that would be refused.
fn number_size(text: &str) -> usize {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (digits.div_ceil(2) + 2).min(21)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: Value) -> Record {
        Record::from_iter([("data".to_owned(), value)])
    }

    #[test]
    fn numbers_outside_the_range_are_named_with_their_place() {
        for number in [1e126, -1e126, 1e-131, f64::MIN_POSITIVE, f64::MAX] {
            let error = check(&record(json!({ "deep": [0, number] }))).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            assert!(source.starts_with("`data.deep.1`: "), "{number}: {source}");
        }
        for number in [0.0, 9.99e125, -1e-130, 0.1] {
            assert!(check(&record(json!([number]))).is_ok(), "{number}");
        }
        assert!(check(&record(json!([u64::MAX, i64::MIN]))).is_ok());
    }

    #[test]
    fn more_levels_than_dynamodb_takes_are_refused() {
        let tower = |height| (0..height).fold(json!(1), |inner, _| json!([inner]));
        assert!(check(&record(tower(31))).is_ok());
        let error = check(&record(tower(32))).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(
            source.starts_with("`data.0.0.") && source.ends_with("32 levels of lists and maps"),
            "{source}"
        );
    }

    #[test]
    fn an_empty_name_is_refused() {
        assert!(check(&record(json!({ "": 1 }))).is_err());
        assert!(check(&record(json!({ "name": "" }))).is_ok());
    }
}
