//! The bare SDK for comparison with a replay: it reads the same pages, and writes the same views if asked to.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_benches::floor::Item;
use cqrs_dynamo::Dynamo;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::Fallible;
use crate::order::{self, PARTITION};

/// How many requests are in flight at a time: the default of a replay.
pub(crate) const PARALLEL: usize = 8;

/// Reads all commits, one page after another, without decoding them.
pub(crate) async fn query(dynamo: &Dynamo) -> Fallible<u64> {
    let (mut read, mut start) = (0, None);
    loop {
        let (items, next) = page(dynamo, start).await?;
        read += items.len() as u64;
        start = next;
        if start.is_none() {
            return Ok(read);
        }
    }
}

/// The same, and writes a view for each stream that ends, with the condition of a replay.
pub(crate) async fn query_and_put(dynamo: &Dynamo, each: u64, build: u64) -> Fallible<u64> {
    let (mut read, mut start) = (0, None);
    loop {
        let (items, next) = page(dynamo, start).await?;
        let ended = read / each..(read + items.len() as u64) / each;
        let puts = stream::iter(ended).map(|stream| put(dynamo, stream, each, build));
        puts.buffer_unordered(PARALLEL).try_collect::<()>().await?;
        read += items.len() as u64;
        start = next;
        if start.is_none() {
            return Ok(read);
        }
    }
}

async fn page(dynamo: &Dynamo, start: Option<Item>) -> Fallible<(Vec<Item>, Option<Item>)> {
    let query = dynamo
        .client()
        .query()
        .table_name(&dynamo.tables().events)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(PARTITION.to_owned()))
        .set_exclusive_start_key(start)
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let output = query.send().await?;
    Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
}

async fn put(dynamo: &Dynamo, stream: u64, each: u64, build: u64) -> Fallible<()> {
    let text = |value: String| AttributeValue::S(value);
    let number = |value: u64| AttributeValue::N(value.to_string());
    let data = HashMap::from([
        ("customer".to_owned(), text(order::customer(stream))),
        ("cents".to_owned(), number(5 * each)),
        ("payments".to_owned(), number(each)),
    ]);
    let attributes = [
        ("pk", text("SHOP#BARE_SUMMARY".to_owned())),
        ("sk", text(format!("BARE_SUMMARY#{stream:07}"))),
        ("version", number(each)),
        ("build", number(build)),
        ("data", AttributeValue::M(data)),
        ("updatedAt", text("2026-01-01T00:00:00.000Z".to_owned())),
    ];
    dynamo
        .client()
        .put_item()
        .table_name(&dynamo.tables().views)
        .set_item(Some(attributes.map(|(name, value)| (name.to_owned(), value)).into()))
        .condition_expression(
            "attribute_not_exists(pk) OR (version <= :version AND (attribute_not_exists(build) OR build < :build))",
        )
        .expression_attribute_values(":version", number(each))
        .expression_attribute_values(":build", number(build))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await?;
    Ok(())
}
