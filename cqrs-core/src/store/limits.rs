//! The limits of an item. Every store checks them in the same way, before it sends anything.
//!
//! Source of all figures: Amazon DynamoDB Developer Guide, "Quotas" and "Supported data types".

use serde_json::{Number, Value};

use super::{RefusedKind, StoreError};
use crate::commit::Commit;
use crate::commit::record::{self, Record};
use crate::json::Decimal;

/// The largest item that DynamoDB stores, in bytes: names and values together.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The most items that one transaction takes.
pub const MAX_TRANSACTION_ITEMS: usize = 100;

/// The most bytes that the items of one transaction have together.
pub const MAX_TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

/// How deep lists and maps may be nested, including the attribute itself.
const MAX_LEVELS: usize = 32;

/// The number of significant digits that DynamoDB keeps of a number.
const MAX_DIGITS: usize = 38;

/// The exponents of ten that the first significant digit of a number may have; zero has none.
const MIN_EXPONENT: i64 = -130;
const MAX_EXPONENT: i64 = 125;

/// A value that cannot be part of an item.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
struct Misfit {
    path: String,
    reason: String,
}

/// A commit to append, with the record to store. It is within the [limits](self).
///
/// ```
/// use cqrs_core::store::{EventStore, MemoryEventStore, NewCommit};
/// # use cqrs_core::{Commit, StoreError};
///
/// async fn import(store: &MemoryEventStore, commits: &[Commit]) -> Result<(), StoreError> {
///     for commit in commits {
///         store.append(NewCommit::of(commit)?).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewCommit<'a> {
    /// The commit.
    pub commit: &'a Commit,
    /// The record to store: see [`record`]. Beside the commit it may hold a state, in [`record::STATE`].
    pub record: Record,
}

impl<'a> NewCommit<'a> {
    /// Makes the record of a commit, and checks it.
    ///
    /// # Errors
    /// The errors of [`check`].
    pub fn of(commit: &'a Commit) -> Result<Self, StoreError> {
        let record = record::encode(commit);
        check(&record)?;
        Ok(Self { commit, record })
    }

    /// Adds a state, which is within the limits by itself, to the record if both together are within them.
    pub(crate) fn carry(&mut self, state: Value) -> bool {
        if size(&self.record) + record::STATE.len() + value_size(&state) > MAX_ITEM_BYTES {
            return false;
        }
        self.record.insert(record::STATE.to_owned(), state);
        true
    }
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
    check_fields(record, 0).map_err(|misfit| StoreError::refused(RefusedKind::Data, misfit))
}

/// Checks that records can be written in one transaction.
///
/// # Errors
/// [`StoreError::Refused`] for more than [`MAX_TRANSACTION_ITEMS`], and for more than [`MAX_TRANSACTION_BYTES`] together.
pub fn check_transaction(records: &[Record]) -> Result<(), StoreError> {
    check_together(records.len(), records.iter().map(size).sum())
}

/// Checks that a transaction takes this number of items, with these bytes together.
pub(crate) fn check_together(items: usize, bytes: usize) -> Result<(), StoreError> {
    let refused = |reason: String| Err(StoreError::refused(RefusedKind::Data, reason));
    if items > MAX_TRANSACTION_ITEMS {
        return refused(format!(
            "a transaction of {items} items, and DynamoDB takes at most {MAX_TRANSACTION_ITEMS}"
        ));
    }
    if bytes > MAX_TRANSACTION_BYTES {
        return refused(format!(
            "a transaction of {bytes} bytes, and DynamoDB takes at most {MAX_TRANSACTION_BYTES}"
        ));
    }
    Ok(())
}

fn check_fields(fields: &Record, level: usize) -> Result<(), Misfit> {
    for (name, value) in fields {
        if name.is_empty() {
            return Err(Misfit::new("a name in a map is empty, and DynamoDB does not accept that"));
        }
        check_value(value, level).map_err(|misfit| misfit.within(name))?;
    }
    Ok(())
}

/// `level` counts the lists and maps around the value.
fn check_value(value: &Value, level: usize) -> Result<(), Misfit> {
    if level >= MAX_LEVELS {
        return Err(Misfit::new(format!("it is nested in more than {MAX_LEVELS} levels of lists and maps")));
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
    if number.is_u64() || number.is_i64() {
        return Ok(());
    }
    let decimal = Decimal::of(number);
    if decimal.digits > MAX_DIGITS {
        return Err(Misfit::new(format!(
            "{number} has {} significant digits, and DynamoDB keeps {MAX_DIGITS}",
            decimal.digits
        )));
    }
    if decimal.digits == 0 || (MIN_EXPONENT..=MAX_EXPONENT).contains(&decimal.highest()) {
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
/// Names and texts count their UTF-8 bytes. Null and booleans count one byte. Lists and maps count three bytes, and one
/// per element. A number counts one byte per two digits, in pairs from the decimal point without the pairs of zeros at
/// either end, one more, and one more for a minus: `170` is 3, `100` is 2, `-1.5` is 4, `0` is 1.
#[must_use]
pub fn size(record: &Record) -> usize {
    record.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

pub(crate) fn value_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => number_size(number),
        Value::String(text) => text.len(),
        Value::Array(values) => 3 + values.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        Value::Object(fields) => {
            3 + fields.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
    }
}

fn number_size(number: &Number) -> usize {
    match (number.as_u64(), number.as_i64()) {
        (Some(integer), _) => 1 + pairs(integer),
        (None, Some(integer)) if integer != 0 => 2 + pairs(integer.unsigned_abs()),
        (None, _) => Decimal::of(number).size(),
    }
}

/// The pairs of digits, without the pairs of zeros at the end.
fn pairs(mut integer: u64) -> usize {
    if integer == 0 {
        return 0;
    }
    while integer.is_multiple_of(100) {
        integer /= 100;
    }
    (integer.ilog10() as usize) / 2 + 1
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
            let text = error.to_string();
            assert!(text.contains(": `data.deep.1`: "), "{number}: {text}");
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
        let text = error.to_string();
        assert!(text.contains(": `data.0.0.") && text.ends_with("32 levels of lists and maps"), "{text}");
    }

    #[test]
    fn an_empty_name_is_refused() {
        assert!(check(&record(json!({ "": 1 }))).is_err());
        assert!(check(&record(json!({ "name": "" }))).is_ok());
    }

    /// Beside each number is what DynamoDB counts for it. MiniStack 1.5.33 counts each in the same way. Dynoxide 3.2.0
    /// pairs from the first significant digit instead, and counts one less for those marked. Moto counts characters.
    const NUMBERS: &[(&str, usize)] = &[
        ("0", 1),
        ("0.0", 1),
        ("-0.0", 1),
        ("1", 2),
        ("-1", 3),
        ("9", 2),
        ("10", 2),
        ("99", 2),
        ("100", 2),
        ("101", 3),
        ("170", 3),  // Dynoxide: 2
        ("-170", 4), // Dynoxide: 3
        ("1000", 2),
        ("1700", 2),
        ("12345", 4),
        ("-42", 3),
        ("1.5", 3),
        ("-1.5", 4),
        ("0.5", 2),
        ("0.01", 2),
        ("0.001", 2),
        ("0.012", 3), // Dynoxide: 2
        ("0.0012", 2),
        ("1e-130", 2),
        ("1.7e-130", 3), // Dynoxide: 2
        ("9.99e125", 3),
        ("964.0967056057639", 10),
        ("18446744073709551615", 11),
        ("-9223372036854775808", 12),
    ];

    #[test]
    fn a_number_counts_as_dynamodb_counts_it() {
        for &(text, bytes) in NUMBERS {
            let number: Number = text.parse().unwrap();
            assert_eq!(number_size(&number), bytes, "{text}");
            assert_eq!(Decimal::of(&number).size(), bytes, "{text}");
        }
    }

    #[test]
    fn values_count_as_dynamodb_counts_them() {
        let values = [
            (json!(null), 1),
            (json!(true), 1),
            (json!(""), 0),
            (json!("\u{1F980}"), 4),
            (json!([]), 3),
            (json!({}), 3),
            (json!([null, 1]), 8),
            (json!({ "\u{e4}": [-1.5] }), 14),
        ];
        for (value, bytes) in values {
            assert_eq!(value_size(&value), bytes, "{value}");
        }
    }

    #[test]
    fn the_border_is_exact_for_lists_of_numbers() {
        // "data" and the list count 7.
        let list = |number: Value, count| record(Value::Array(vec![number; count]));
        assert!(check(&list(json!(1), 136_531)).is_ok());
        assert_eq!(size(&list(json!(1), 136_531)), MAX_ITEM_BYTES);
        assert!(matches!(check(&list(json!(1), 136_532)), Err(StoreError::TooLarge { bytes: 409_603, .. })));
        assert!(matches!(
            check(&list(json!(-1.5), 102_351)),
            Err(StoreError::TooLarge { bytes: 511_762, .. })
        ));
    }

    #[test]
    fn an_empty_list_or_map_may_stand_at_the_last_level() {
        for innermost in [json!([]), json!({})] {
            let tower = |height| (1..height).fold(innermost.clone(), |inner, _| json!([inner]));
            assert!(check(&record(tower(32))).is_ok());
            assert!(check(&record(tower(33))).is_err());
        }
    }
}
