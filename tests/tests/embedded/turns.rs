//! Many requests at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::{Fault, Faults};
use futures_util::future::try_join_all;
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::text;

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

/// The SDK lets a body stall for 5 seconds, over a network.
#[tokio::test]
async fn a_request_that_waits_long_for_its_turn_gets_its_answer() {
    let database = Embedded::in_memory().unwrap();
    let slow = Faults::after(&database, |call| {
        Box::pin(async move {
            let wait = if call.number == 0 { Duration::from_secs(7) } else { Duration::ZERO };
            tokio::time::sleep(wait).await;
            Fault::None
        })
    });
    let dynamo = Dynamo::from_conf(&slow.sdk_config());
    dynamo.create_tables().await.unwrap();
}

/// Answers that are not read hold nothing up: requests that are no longer polled, while their caller asks for something
/// else.
#[tokio::test]
async fn callers_that_are_not_polled_hold_up_nobody() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (client, table) = (dynamo.client(), &dynamo.tables().views);
    let mut begun: Vec<_> = (0..16).map(|_| Box::pin(client.scan().table_name(table).send())).collect();
    while begun.len() == 16 {
        begun.retain_mut(|request| {
            let mut context = Context::from_waker(Waker::noop());
            request.as_mut().poll(&mut context).is_pending()
        });
        tokio::task::yield_now().await;
    }
    let other = client.scan().table_name(table).send();
    tokio::time::timeout(Duration::from_secs(60), other).await.expect("it waits for ever").unwrap();
    for request in begun {
        request.await.unwrap();
    }
}

/// The files that SQLite leaves beside a file are removed when it is closed.
#[tokio::test]
async fn a_file_is_closed_with_its_last_handle() {
    let folder = TempDir::new().unwrap();
    for round in 0..100 {
        let path = folder.path().join(format!("{round}.db"));
        let dynamo = Dynamo::embedded(&path).await.unwrap();
        dynamo.client().scan().table_name(&dynamo.tables().views).send().await.unwrap();
        drop(dynamo);
        assert!(path.exists() && !path.with_extension("db-wal").exists(), "round {round}");
    }
}
