//! Items that no append writes: put into the table directly, to see how readers treat them.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::store::record::{self, Record};
use cqrs_core::{AggregateKey, Commit, Event, EventStore, StoredEvent, Version};
use cqrs_dynamo::Dynamo;
use serde_json::Value;

use crate::commits;

/// The record of a commit with one event, as an append would store it.
///
/// # Panics
/// If the key cannot be rendered or the event cannot be encoded.
#[must_use]
pub fn record(key: &impl AggregateKey, version: u64, event: &impl Event) -> Record {
    let mut commit = commits::commit(&key.stream().unwrap(), version, Value::Null);
    commit.events = vec![StoredEvent::encode(event).unwrap()];
    record::encode(&commit)
}

/// Puts a record into the events table, whatever its content.
///
/// # Panics
/// If DynamoDB refuses it.
pub async fn put(dynamo: &Dynamo, record: Record) {
    put_with(dynamo, record, []).await;
}

/// The same, with attributes that are not JSON.
///
/// # Panics
/// If DynamoDB refuses it.
pub async fn put_with<const N: usize>(dynamo: &Dynamo, record: Record, more: [(&str, AttributeValue); N]) {
    put_into(dynamo, &dynamo.tables().events, record, more).await;
}

/// Puts a record into the views table, with attributes that are not JSON.
///
/// # Panics
/// If DynamoDB refuses it.
pub async fn put_view<const N: usize>(dynamo: &Dynamo, record: Record, more: [(&str, AttributeValue); N]) {
    put_into(dynamo, &dynamo.tables().views, record, more).await;
}

async fn put_into<const N: usize>(
    dynamo: &Dynamo,
    table: &str,
    record: Record,
    more: [(&str, AttributeValue); N],
) {
    let fields = record.into_iter().map(|(name, value)| (name, attribute(value)));
    let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
    let item = fields.chain(more).collect();
    dynamo.client().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

/// Removes the commits of a stream, all but the first `kept`, like a restore of the table to an earlier point. Returns
/// those that are lost.
///
/// # Panics
/// If DynamoDB refuses it.
pub async fn take_back(dynamo: &Dynamo, key: &impl AggregateKey, kept: usize) -> Vec<Commit> {
    let stream = key.stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap();
    let mut commits = page.commits;
    let lost = commits.split_off(kept);
    for commit in &lost {
        remove(dynamo, key, commit.version.get()).await;
    }
    lost
}

/// Removes a commit, or the item in its place.
///
/// # Panics
/// If DynamoDB refuses it.
pub async fn remove(dynamo: &Dynamo, key: &impl AggregateKey, version: u64) {
    let stream = key.stream().unwrap();
    let delete = dynamo.client().delete_item().table_name(&dynamo.tables().events);
    let delete = delete.key("pk", AttributeValue::S(stream.pk().to_owned()));
    let sk = stream.commit_sk(Version::new(version));
    delete.key("sk", AttributeValue::S(sk)).send().await.unwrap();
}

/// The sort key of a commit.
///
/// # Panics
/// If the key cannot be rendered.
#[must_use]
pub fn sort_key(key: &impl AggregateKey, version: u64) -> String {
    key.stream().unwrap().commit_sk(Version::new(version))
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(attribute).collect()),
        Value::Object(fields) => {
            AttributeValue::M(fields.into_iter().map(|(name, value)| (name, attribute(value))).collect())
        }
    }
}
