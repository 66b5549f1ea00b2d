//! Records of a table's stream as Lambda passes them, and how to ask for them again.

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use cqrs_core::delivery::Alteration;
use cqrs_core::store::record as stored;
use serde_json::Value;

use crate::table::attribute;

/// The stream's names for an item that was added, overwritten or deleted.
const INSERT: &str = "INSERT";
const MODIFY: &str = "MODIFY";
const REMOVE: &str = "REMOVE";

/// The record's number, and a commit or what happened to one; `None` if the record is about another item.
pub(super) fn read(record: EventRecord) -> Option<(String, Value)> {
    let number = number(&record);
    let read = match record.event_name.as_str() {
        INSERT => {
            // Attributes that are not JSON are left out, as in the stream's own reader.
            let mut image = record.change.new_image.into_inner();
            image.remove(stored::STATE);
            Some(Value::Object(attribute::image_readable(image, &mut Vec::new()).collect()))
        }
        MODIFY => altered(Alteration::Overwritten, record),
        REMOVE => altered(Alteration::Removed, record),
        _ => None,
    };
    Some((number, read?))
}

/// Whether it tells that a commit was overwritten or deleted.
pub(super) fn is_alteration(record: &EventRecord) -> bool {
    matches!(record.event_name.as_str(), MODIFY | REMOVE)
}

fn altered(what: Alteration, record: EventRecord) -> Option<Value> {
    let keys = record.change.keys.into_inner();
    let keys = Value::Object(attribute::image_readable(keys, &mut Vec::new()).collect());
    what.record(keys.get("pk")?.as_str()?, keys.get("sk")?.as_str()?)
}

pub(super) fn number(record: &EventRecord) -> String {
    record.change.sequence_number.clone().unwrap_or_default()
}

/// The answer that this record and all after it have to come again.
pub(super) fn from(sequence_number: String) -> DynamoDbEventResponse {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence_number);
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures.push(failure);
    response
}
