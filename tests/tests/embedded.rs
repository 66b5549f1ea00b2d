//! The embedded database takes no more memory and no more threads than it needs, however much there is to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use cqrs_dynamo::Dynamo;
use futures_util::future::try_join_all;
use tokio::runtime::Builder;

/// So many fit onto no page, and into 1 MB.
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

#[test]
fn requests_that_wait_for_the_database_hold_no_threads() {
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let count = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let runtime = Builder::new_current_thread().enable_all().on_thread_start(count).build().unwrap();
    runtime.block_on(async {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        let put = |number: usize| {
            let put = client.put_item().table_name(table).item("pk", text("p"));
            put.item("sk", text(&number.to_string())).send()
        };
        try_join_all((0..500).map(put)).await.unwrap();
        // Each takes longer than a thread takes to start.
        let scans = (0..64).map(|_| client.scan().table_name(table).send());
        try_join_all(scans).await.unwrap();
    });
    let started = started.load(Ordering::Relaxed);
    assert!(started <= 8, "{started} threads for 64 scans");
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
