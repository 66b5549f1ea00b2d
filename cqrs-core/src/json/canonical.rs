//! The one form in which a value is stored, in every store.
//!
//! DynamoDB has one kind of number, and zero has no sign: `1.0` is returned as `1`, and `-0.0` as `0`. Every process
//! must see the same, including the one that still has the value in memory. So a value is brought into the returned
//! form before it goes anywhere.

use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

/// The number for a text of DynamoDB's; `None` for a text that is not a number, or is out of range.
#[must_use]
pub fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    wide(text).or_else(|| text.parse().ok().and_then(canonical_float))
}

/// An integer of more than 64 bits. There are some if the program switches `serde_json/arbitrary_precision` on.
fn wide(text: &str) -> Option<Number> {
    match text.parse::<u128>() {
        Ok(number) => Number::from_u128(number),
        Err(_) => text.parse::<i128>().ok().and_then(Number::from_i128),
    }
}

/// Brings all numbers inside a value into their one form, and all fields into one order.
pub fn canonicalize(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(canonical) = changed(number) {
                *number = canonical;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(canonicalize),
        Value::Object(fields) => {
            // DynamoDB keeps no order of fields. With `serde_json/preserve_order` there is one, and a fold may see it.
            fields.sort_keys();
            fields.values_mut().for_each(canonicalize);
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The one form of a number that may have another. With `serde_json/arbitrary_precision` a number is the text that it
/// was read from: also `1.50`, `-0` and an integer of any length.
fn changed(number: &Number) -> Option<Number> {
    if number.is_u64() {
        return None;
    }
    match number.as_i64() {
        Some(0) => Some(0.into()),
        Some(_) => None,
        None if number.as_u128().is_some() || number.as_i128().is_some() => None,
        None => number.as_f64().and_then(canonical_float),
    }
}

/// Reads a value, in the same way in every build of `serde_json`.
///
/// With `serde_json/arbitrary_precision` a large whole number is an integer of 128 bits, and values that serde buffers
/// (tagged, untagged and flattened types) do not take such an integer where they expect an `f64`. So a value that
/// cannot be read is tried once more with these as the `f64` that they are in the other build.
///
/// # Errors
/// The errors of the first try.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(value).or_else(|error| {
        let mut floats = value.clone();
        let found = wide_to_floats(&mut floats);
        if found { T::deserialize(&floats).map_err(|_| error) } else { Err(error) }
    })
}

/// [`read`] of a value that is no longer needed.
///
/// # Errors
/// The errors of serde.
#[inline]
pub(crate) fn read_owned<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
    let precision_is_arbitrary = Number::from_u128(u128::MAX).is_some();
    if precision_is_arbitrary { read(&value) } else { T::deserialize(value) }
}

/// Replaces wide integers by `f64`; returns whether there was one.
fn wide_to_floats(value: &mut Value) -> bool {
    match value {
        Value::Number(number) => {
            let is_wide = !number.is_u64()
                && !number.is_i64()
                && (number.as_u128().is_some() || number.as_i128().is_some());
            let float = number.as_f64().filter(|_| is_wide).and_then(Number::from_f64);
            float.map(|float| *number = float).is_some()
        }
        Value::Array(values) => values.iter_mut().fold(false, |found, value| wide_to_floats(value) | found),
        Value::Object(fields) => {
            fields.values_mut().fold(false, |found, value| wide_to_floats(value) | found)
        }
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// A whole number as an integer, as far as the integers of `serde_json` go.
fn canonical_float(value: f64) -> Option<Number> {
    if value == 0.0 {
        return Some(0.into());
    }
    if value.fract() == 0.0 && value.abs() < 4e38 {
        // The stored digits are the fewest that distinguish the number from its neighbours.
        let digits = value.to_string();
        if let Ok(whole) = digits.parse::<u64>() {
            return Some(whole.into());
        }
        if let Ok(whole) = digits.parse::<i64>() {
            return Some(whole.into());
        }
        if let Some(whole) = wide(&digits) {
            return Some(whole);
        }
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    fn canonical(mut value: Value) -> Value {
        canonicalize(&mut value);
        value
    }

    #[test]
    fn whole_numbers_are_one_kind_and_zero_has_no_sign() {
        let value = json!({ "a": [1.0, -0.0, -3.0, 0.5, 1e15, 1e300], "b": { "c": 2.0 } });
        let expected = json!({ "a": [1, 0, -3, 0.5, 1_000_000_000_000_000_u64, 1e300], "b": { "c": 2 } });
        assert_eq!(canonical(value), expected);
    }

    /// Numbers as other programs write them; each build of serde_json keeps a different form of some.
    #[test]
    fn a_foreign_text_has_the_same_form_in_every_build_of_serde_json() {
        let texts = [
            ("1.50", "1.5"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("1E2", "100"),
            ("1e+2", "100"),
            ("2.50e-7", "2.5e-7"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e-400", "0"),
            ("1.10e300", "1.1e+300"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
        ];
        for (text, form) in texts {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(canonical(value).to_string(), form, "{text}");
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Level(f64),
        Text(String),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Level { level: f64, untagged: Untagged },
    }

    proptest! {
        #[test]
        fn every_f64_below_a_tag_is_read_from_every_text_of_it(bits in any::<u64>(), whole in any::<i64>(), power in 0..40) {
            for level in [f64::from_bits(bits), whole as f64, (whole % 1000) as f64 * 10_f64.powi(power)] {
                // DynamoDB has no sign of zero.
                if !level.is_finite() || level == 0.0 {
                    continue;
                }
                let event = Tagged::Level { level, untagged: Untagged::Level(level) };
                let Value::Number(own) = json!(level) else { unreachable!() };
                // `{}` writes all zeros out, as DynamoDB does.
                for text in [own.to_string(), level.to_string(), format!("{level:e}")] {
                    let number = number(&text).unwrap();
                    let stored = json!({ "kind": "Level", "level": number, "untagged": number });
                    let mut body: Value = serde_json::from_str(&stored.to_string()).unwrap();
                    canonicalize(&mut body);
                    prop_assert_eq!(&body, &canonical(stored.clone()), "{}", text);
                    for value in [stored, body] {
                        prop_assert_eq!(&read::<Tagged>(&value).unwrap(), &event, "{}", text);
                        prop_assert_eq!(&read_owned::<Tagged>(value).unwrap(), &event, "{}", text);
                    }
                }
            }
        }

        #[test]
        fn what_is_canonical_stays_so_and_is_the_same_number(bits in any::<u64>(), whole in any::<i64>()) {
            for value in [f64::from_bits(bits), whole as f64, (whole % 1000) as f64] {
                let Some(before) = Number::from_f64(value) else { continue };
                let after = canonical(Value::Number(before));
                prop_assert_eq!(canonical(after.clone()), after.clone());
                let read: f64 = serde_json::from_value(after.clone()).unwrap();
                prop_assert!(read == value, "{} came back as {}", value, read);
                let again = number(&after.to_string()).map(Value::Number);
                prop_assert_eq!(again, Some(after));
            }
        }
    }
}
