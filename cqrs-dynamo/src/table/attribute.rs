//! JSON values as attribute values, and back.
//!
//! | JSON | DynamoDB |
//! | --- | --- |
//! | string | `S` |
//! | number | `N` |
//! | boolean | `BOOL` |
//! | null | `NULL` |
//! | array | `L` |
//! | object | `M` |
//!
//! DynamoDB keeps 38 digits and magnitudes from 1E-130 to 9.99E+125 (Amazon DynamoDB Developer Guide, "Supported data types"), so
//! every 64-bit integer comes back unchanged, and so does every `f64` in that range.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::AttributeValue as StreamedValue;
use cqrs_core::store::canonical;
use cqrs_core::store::record::Record;
#[cfg(feature = "lambda")]
use serde_dynamo::AttributeValue as ImageValue;
use serde_json::Value;

/// An item in the SDK's form.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An attribute that is not a JSON value.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` is a {kind}, which no commit and no view holds")]
pub(crate) struct NoJson {
    path: String,
    kind: &'static str,
}

/// A record that [`limits::check`](cqrs_core::store::limits::check) let through.
pub(crate) fn to_item(record: Record) -> Item {
    record.into_iter().map(|(name, value)| (name, to_attribute(value))).collect()
}

pub(crate) fn to_attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(to_attribute).collect()),
        Value::Object(fields) => AttributeValue::M(to_item(fields)),
    }
}

/// The two SDK crates and the crate of Lambda's events each have their own type for the same thing.
macro_rules! from_attribute {
    ($readable:ident, $to_record:ident, $to_value:ident, $attribute:ident) => {
        /// The attributes of an item that are JSON; the kinds of the others go into `others`.
        pub(crate) fn $readable(
            item: HashMap<String, $attribute>,
            others: &mut Vec<NoJson>,
        ) -> impl Iterator<Item = (String, Value)> {
            item.into_iter().filter_map(|(name, value)| match $to_value(value) {
                Ok(value) => Some((name, value)),
                Err(other) => {
                    others.push(other.within(&name));
                    None
                }
            })
        }

        pub(crate) fn $to_record(item: HashMap<String, $attribute>) -> Result<Record, NoJson> {
            let mut record = Record::new();
            for (name, value) in item {
                let value = $to_value(value).map_err(|error| error.within(&name))?;
                record.insert(name, value);
            }
            // Field order matters only with `serde_json/preserve_order`.
            record.sort_keys();
            Ok(record)
        }

        pub(crate) fn $to_value(value: $attribute) -> Result<Value, NoJson> {
            Ok(match value {
                $attribute::S(text) => Value::String(text),
                $attribute::N(text) => {
                    Value::Number(canonical::number(&text).ok_or_else(|| NoJson::of("number out of range"))?)
                }
                $attribute::Bool(flag) => Value::Bool(flag),
                $attribute::Null(_) => Value::Null,
                $attribute::L(values) => {
                    let values = values.into_iter().enumerate();
                    let values = values.map(|(index, value)| {
                        $to_value(value).map_err(|error| error.within(&index.to_string()))
                    });
                    Value::Array(values.collect::<Result<_, _>>()?)
                }
                $attribute::M(fields) => Value::Object($to_record(fields)?),
                $attribute::B(_) => return Err(NoJson::of("binary")),
                $attribute::Bs(_) => return Err(NoJson::of("binary set")),
                $attribute::Ns(_) => return Err(NoJson::of("number set")),
                $attribute::Ss(_) => return Err(NoJson::of("string set")),
                #[allow(unreachable_patterns, reason = "only the SDK's types may get more kinds")]
                _ => return Err(NoJson::of("kind of attribute that this program does not know")),
            })
        }
    };
}

from_attribute!(readable, to_record, to_value, AttributeValue);
from_attribute!(streamed_readable, streamed_record, streamed_value, StreamedValue);
#[cfg(feature = "lambda")]
from_attribute!(image_readable, image_record, image_value, ImageValue);

impl NoJson {
    fn of(kind: &'static str) -> Self {
        Self { path: String::new(), kind }
    }

    fn within(self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.path) };
        Self { path, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;
    use proptest::prelude::*;
    use serde_json::json;

    fn values() -> impl Strategy<Value = Value> {
        let floats = (-1e100..1e100).prop_map(|float: f64| json!(float));
        let leaves = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            floats,
            ".*".prop_map(Value::from),
        ];
        leaves.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was(value in values()) {
            prop_assert_eq!(to_value(to_attribute(value.clone())).unwrap(), value);
        }

        #[test]
        fn every_f64_that_dynamodb_takes_comes_back_bit_for_bit(
            mantissa in 1.0..10.0, exponent in -130..=125, negative: bool,
        ) {
            let number: f64 = format!("{}{mantissa}e{exponent}", if negative { "-" } else { "" }).parse().unwrap();
            // `{}` writes all zeros out, as DynamoDB does.
            for text in [json!(number).to_string(), number.to_string()] {
                let back = canonical::number(&text).and_then(|back| back.as_f64());
                prop_assert_eq!(back.map(f64::to_bits), Some(number.to_bits()), "{}", text);
            }
        }
    }

    #[test]
    fn other_kinds_are_named_with_their_place() {
        let binary = AttributeValue::B(Blob::new(*b"x"));
        let item = HashMap::from([(
            "data".to_owned(),
            AttributeValue::M(HashMap::from([("photos".to_owned(), AttributeValue::L(vec![binary]))])),
        )]);
        let error = to_record(item).unwrap_err();
        assert_eq!(error.to_string(), "`data.photos.0` is a binary, which no commit and no view holds");
    }
}
