use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::StoreError;
use cqrs_core::store::limits;
use cqrs_core::store::record::Record;

use super::Item;

/// A record, if it fits into an item.
pub(crate) fn checked(record: Record) -> Result<Record, StoreError> {
    limits::check(&record)?;
    Ok(record)
}

/// The key of an item.
pub(crate) fn key(pk: &str, sk: &str) -> Item {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// An attribute that is a text.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}
