//! The bare SDK requests of a command, with the same items: no framework can be faster.

use std::collections::HashMap;
use std::error::Error;
use std::ops::RangeInclusive;

use aws_sdk_dynamodb::types::{
    AttributeValue, PutRequest, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
    StreamSpecification, WriteRequest,
};
use cqrs_core::StreamKey;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

/// The most items that DynamoDB takes in one `BatchWriteItem`.
const BATCH: usize = 25;

/// An item in the SDK's form.
pub type Item = HashMap<String, AttributeValue>;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Turns the events table's stream off while requests are timed: DynamoDB feeds a stream outside the write, the embedded database
/// within it.
///
/// # Errors
/// Those of the SDK.
pub async fn without_stream(dynamo: &Dynamo) -> Fallible<()> {
    let off = StreamSpecification::builder().stream_enabled(false).build()?;
    let update = dynamo.client().update_table().table_name(&dynamo.tables().events);
    update.stream_specification(off).send().await?;
    Ok(())
}

/// The request of an append.
///
/// # Errors
/// Those of the SDK.
pub async fn put_item(dynamo: &Dynamo, stream: &StreamKey, version: u64) -> Fallible<()> {
    dynamo
        .client()
        .put_item()
        .table_name(&dynamo.tables().events)
        .set_item(Some(item(stream, version)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await?;
    Ok(())
}

/// The request of a read, once per page of 1 MB.
///
/// # Errors
/// Those of the SDK.
pub async fn query(dynamo: &Dynamo, stream: &StreamKey) -> Fallible<usize> {
    let (mut items, mut start) = (0, None);
    loop {
        let output = dynamo
            .client()
            .query()
            .table_name(&dynamo.tables().events)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", AttributeValue::S(stream.pk().to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(stream.commit_sk(Version::new(1))))
            .expression_attribute_values(":last", AttributeValue::S(stream.commit_sk(Version::MAX)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        items += output.items().len();
        start = output.last_evaluated_key;
        if start.is_none() {
            return Ok(items);
        }
    }
}

/// Writes these commits of a stream, with a request per 25: this makes a long stream faster than commands do.
///
/// # Errors
/// Those of the SDK.
pub async fn fill(dynamo: &Dynamo, stream: &StreamKey, versions: RangeInclusive<u64>) -> Fallible<()> {
    put_all(dynamo, versions.map(|version| item(stream, version))).await
}

/// Writes these items into the events table, with a request per 25.
///
/// # Errors
/// Those of the SDK.
pub async fn put_all(dynamo: &Dynamo, items: impl Iterator<Item = Item>) -> Fallible<()> {
    let mut items = items.peekable();
    while items.peek().is_some() {
        let mut requests = Vec::with_capacity(BATCH);
        for item in items.by_ref().take(BATCH) {
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        dynamo.client().batch_write_item().request_items(&dynamo.tables().events, requests).send().await?;
    }
    Ok(())
}

/// The stored form of [`account::deposit`](crate::account::deposit).
fn item(stream: &StreamKey, version: u64) -> Item {
    let note = AttributeValue::S("x".repeat(200));
    let data = [("cents".to_owned(), AttributeValue::N("5".to_owned())), ("note".to_owned(), note)];
    let sk = stream.commit_sk(Version::new(version));
    commit(stream.pk(), &sk, version, "Deposited", data.into())
}

/// What a command with one event stores, under its rendered keys.
#[must_use]
pub fn commit(pk: &str, sk: &str, version: u64, event: &str, data: Item) -> Item {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: u64| AttributeValue::N(value.to_string());
    let id = format!("{version:08x}-0000-7000-8000-000000000000");
    let attributes = [
        ("pk", text(pk)),
        ("sk", text(sk)),
        ("version", number(version)),
        ("type", text(event)),
        ("schema", number(1)),
        ("data", AttributeValue::M(data)),
        ("createdAt", AttributeValue::S(Timestamp::now().to_string())),
        ("commandId", text(&id)),
        ("correlationId", text(&id)),
    ];
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}
