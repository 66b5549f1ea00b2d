//! The content of one answer of the embedded database.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use cqrs_core::Timestamp;
use cqrs_core::delivery::{ChangeFeed, Positions};
use cqrs_dynamo::Dynamo;

use crate::text;

const MB: usize = 1 << 20;

/// More than fit onto a page, or into 1 MB.
const ITEMS: i32 = 4_200;

#[tokio::test]
async fn a_page_is_bounded_in_items_too_and_paging_comes_to_the_end() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (client, table) = (dynamo.client(), &dynamo.tables().views);
    let numbers: Vec<i32> = (0..ITEMS).collect();
    for numbers in numbers.chunks(25) {
        let puts = numbers.iter().map(|number| {
            let put = PutRequest::builder().item("pk", text("p")).item("sk", text(&format!("{number:05}")));
            WriteRequest::builder().put_request(put.build().unwrap()).build()
        });
        client.batch_write_item().request_items(table, puts.collect()).send().await.unwrap();
    }
    let query = || {
        let query = client.query().table_name(table).key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", text("p"))
    };
    let first = query().send().await.unwrap();
    let next = first.last_evaluated_key.clone();
    assert!(next.is_some());
    let second = query().set_exclusive_start_key(next).send().await.unwrap();
    assert_eq!(first.count() + second.count(), ITEMS);
    assert_eq!(second.last_evaluated_key, None);

    let first = client.scan().table_name(table).send().await.unwrap();
    let next = first.last_evaluated_key.clone();
    assert!(next.is_some());
    let second = client.scan().table_name(table).set_exclusive_start_key(next).send().await.unwrap();
    assert_eq!(first.count() + second.count(), ITEMS);
}

/// Puts small items and large ones, one of 380,000 bytes after every 100 of 1,000.
async fn mixed(client: &Client, table: &str) -> usize {
    let mut sizes = 0;
    for number in 0..606 {
        let bytes = if number % 101 == 100 { 380_000 } else { 1_000 };
        let data = "x".repeat(bytes);
        sizes += bytes;
        let put = client.put_item().table_name(table).item("pk", text("p"));
        put.item("sk", text(&format!("{number:05}"))).item("data", text(&data)).send().await.unwrap();
    }
    sizes
}

fn bytes(items: &[std::collections::HashMap<String, AttributeValue>]) -> usize {
    items.iter().map(|item| item["data"].as_s().unwrap().len()).sum()
}

#[tokio::test]
async fn a_page_is_full_at_one_megabyte_also_where_small_items_and_large_ones_are_mixed() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (client, table) = (dynamo.client(), &dynamo.tables().views);
    let all = mixed(client, table).await;
    for forward in [true, false] {
        let (mut pages, mut start) = (Vec::new(), None);
        loop {
            let query = client.query().table_name(table).key_condition_expression("pk = :pk");
            let query = query.expression_attribute_values(":pk", text("p")).scan_index_forward(forward);
            let page = query.set_exclusive_start_key(start).send().await.unwrap();
            pages.push(bytes(page.items()));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        is_paged_by_size(&pages, all);
    }
    for segments in [None, Some(1)] {
        let (mut pages, mut start) = (Vec::new(), None);
        loop {
            let scan = client.scan().table_name(table).set_segment(segments.map(|_| 0));
            let page = scan.set_total_segments(segments).set_exclusive_start_key(start).send().await.unwrap();
            pages.push(bytes(page.items()));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        is_paged_by_size(&pages, all);
    }
}

fn is_paged_by_size(pages: &[usize], all: usize) {
    assert_eq!(pages.iter().sum::<usize>(), all, "{pages:?}");
    let (last, full) = pages.split_last().unwrap();
    assert!(full.iter().all(|page| (MB / 2..=MB + 400_000).contains(page)), "{pages:?}");
    assert!(*last > 0, "an empty page at the end: {pages:?}");
}

#[tokio::test]
async fn a_query_with_a_limit_and_large_items_stops_at_its_limit() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (client, table) = (dynamo.client(), &dynamo.tables().views);
    mixed(client, table).await;
    let query = client.query().table_name(table).key_condition_expression("pk = :pk");
    let page = query.expression_attribute_values(":pk", text("p")).limit(70).send().await.unwrap();
    assert_eq!((page.count(), page.last_evaluated_key.unwrap()["sk"].clone()), (70, text("00069")));
}

#[tokio::test]
async fn what_is_read_of_a_stream_at_a_time_has_one_megabyte() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (client, table) = (dynamo.client(), &dynamo.tables().events);
    for number in 1..=12 {
        let data = AttributeValue::M([("text".to_owned(), text(&"x".repeat(380_000)))].into());
        let put = client.put_item().table_name(table).item("pk", text("T#A"));
        let put = put.item("sk", text(&format!("A#1@{number:010}"))).item("data", data);
        put.item("createdAt", text(&Timestamp::now().to_string())).send().await.unwrap();
    }
    let mut feed = dynamo.event_store().feed();
    let (mut after, mut pages) = (Positions::new(), Vec::new());
    loop {
        let page = feed.read(&after).await.unwrap();
        let Some(last) = page.changes.last() else { break };
        after.insert(last.shard.clone(), last.position.clone());
        pages.push(page.changes.len());
    }
    assert_eq!(pages, [2, 2, 2, 2, 2, 2]);
}
