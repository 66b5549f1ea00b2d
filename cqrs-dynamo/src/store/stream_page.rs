//! The streams of a partition, without their commits: everything after the first commits of a stream is skipped.

use std::pin::pin;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::store::{CommitKey, StreamPage};
use cqrs_core::{StoreError, StreamKey, Version};

use crate::table::{Row, Table, key};

/// How many commits one request reads. DynamoDB charges for whole items, even if only their keys are requested. A
/// larger number makes a long stream cost more, and a smaller number makes a page of short streams take more requests.
const PAGE: i32 = 50;

pub(super) async fn read(
    table: &Table,
    partition: &str,
    prefix: &str,
    after: Option<&CommitKey>,
    limit: usize,
) -> Result<StreamPage, StoreError> {
    let behind = |stream: &StreamKey| key(partition, &stream.commit_sk(Version::MAX));
    let mut query = table
        .client
        .query()
        .table_name(&table.name)
        .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()))
        .projection_expression("pk, sk")
        .set_exclusive_start_key(after.map(|after| behind(&after.stream)))
        .limit(PAGE)
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    // DynamoDB does not take an empty prefix.
    query = if prefix.is_empty() {
        query.key_condition_expression("pk = :pk")
    } else {
        query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
    };
    let (output, found) = table.read(pin!(query.send()), stream).await?;
    let mut page = StreamPage::default();
    page.read = found.len() as u64;
    let mut more = output.last_evaluated_key.is_some();
    for stream in found {
        let stream = stream?;
        if page.streams.last() == Some(&stream) {
            continue;
        }
        if page.streams.len() >= limit.max(1) {
            more = true;
            break;
        }
        page.streams.push(stream);
    }
    let last = page.streams.last().filter(|_| more);
    page.next = last.map(|last| CommitKey::new(last.clone(), Version::MAX));
    Ok(page)
}

fn stream(row: Row<'_>) -> Result<StreamKey, StoreError> {
    let text = |name: &str| {
        let field = row.fields.iter().find(|(field, _)| field == name);
        field.and_then(|(_, value)| value.as_str()).unwrap_or_default()
    };
    Ok(StreamKey::parse_commit(text("pk"), text("sk"))?.0)
}
