//! The one form in which a value is stored, whatever the store is.
//!
//! DynamoDB has one kind of number, without a sign of zero: `1.0` is given back as `1`, and `-0.0` as `0`. So that every
//! process sees the same, also the one that has the value at hand, a value is brought into the form that is given back before
//! it goes anywhere.

use serde_json::{Number, Value};

/// The number that a text of DynamoDB's stands for; none for a text that is none, or is out of range.
#[must_use]
pub fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    // There are integers of more than 64 bits where the program switches `serde_json/arbitrary_precision` on.
    let wide = match text.parse::<u128>() {
        Ok(number) => Number::from_u128(number),
        Err(_) => text.parse::<i128>().ok().and_then(Number::from_i128),
    };
    wide.or_else(|| text.parse().ok().and_then(canonical_float))
}

/// Brings all numbers inside of a value into their one form.
pub fn canonicalize(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(canonical) = number.as_f64().filter(|_| number.is_f64()).and_then(canonical_float) {
                *number = canonical;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(canonicalize),
        Value::Object(fields) => fields.values_mut().for_each(canonicalize),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A whole number as one, as far as 64 bits go.
fn canonical_float(value: f64) -> Option<Number> {
    if value == 0.0 {
        return Some(0.into());
    }
    if value.fract() == 0.0 && value.abs() < 2e19 {
        // The digits that are stored are the fewest that tell the number from its neighbours.
        let digits = value.to_string();
        if let Ok(whole) = digits.parse::<u64>() {
            return Some(whole.into());
        }
        if let Ok(whole) = digits.parse::<i64>() {
            return Some(whole.into());
        }
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
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

    proptest! {
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
