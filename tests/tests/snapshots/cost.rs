//! What loads and commands cost with snapshots.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Open};
use cqrs_tests::faults::{Fault, Faults, database};
use tokio::sync::Barrier;

use crate::ledger::{Book, apart, every_4, every_10, every_100};

fn app(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).settings(apart).only([]).build().unwrap()
}

/// Requests, write units and read units of what is done.
macro_rules! spent {
    ($dynamo:expr, $done:expr) => {{
        let before = $dynamo.cost();
        $done.await.unwrap();
        let spent = $dynamo.cost() - before;
        (spent.requests, spent.write_units, spent.read_units)
    }};
}

async fn book(app: &App, key: &every_100::LedgerKey, commits: u64) {
    for _ in 0..commits {
        app.execute(key, Book(vec![1])).await.unwrap();
    }
}

#[tokio::test]
async fn a_long_stream_costs_what_a_short_one_costs() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (writer, reader) = (app(&dynamo), app(&dynamo));
    let (short, long) = (every_100::key("short"), every_100::key("long"));
    book(&writer, &short, 10).await;
    book(&writer, &long, 2000).await;

    let ten = spent!(dynamo, reader.load(&short));
    assert_eq!(ten, (2, 0.0, 1.5), "GetItem, which finds nothing, and Query");
    // This process knows nothing of the snapshot, and reads as many commits as can lie behind one.
    let (requests, _, reads) = spent!(dynamo, reader.load(&long));
    assert_eq!(requests, 2);
    assert!((5.0..12.0).contains(&reads), "{reads}");
    assert_eq!(spent!(dynamo, reader.load(&long)), (2, 0.0, 1.5), "from the second time on");
    assert_eq!(spent!(dynamo, writer.load(&long)), (2, 0.0, 1.5), "it has written the snapshot itself");

    // The tail grows until the next snapshot.
    book(&writer, &long, 99).await;
    let (requests, _, reads) = spent!(dynamo, reader.load(&long));
    assert_eq!(requests, 2);
    assert!((5.0..12.0).contains(&reads), "{reads}");
    book(&writer, &long, 1).await;
    spent!(dynamo, reader.load(&long));
    assert_eq!(spent!(dynamo, reader.load(&long)), (2, 0.0, 1.5));
}

#[tokio::test]
async fn with_a_short_distance_the_first_load_is_as_cheap() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let writer = app(&dynamo);
    for _ in 0..400 {
        writer.execute(&every_10::key("long"), Book(vec![1])).await.unwrap();
    }
    for _ in 0..10 {
        writer.execute(&every_10::key("short"), Book(vec![1])).await.unwrap();
    }
    let (long, short) = (
        spent!(dynamo, app(&dynamo).load(&every_10::key("long"))),
        spent!(dynamo, app(&dynamo).load(&every_10::key("short"))),
    );
    assert_eq!(long.0, 2);
    assert!(long.2 <= 1.5 * short.2, "{long:?} {short:?}");
}

#[tokio::test]
async fn a_stream_without_a_snapshot_is_one_query() {
    let (database, dynamo) = database().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let faults = {
        let seen = Arc::clone(&seen);
        Faults::new(&database, move |call| {
            seen.lock().unwrap().push(call.operation.clone());
            Fault::None
        })
    };
    for commits in [0, 1, 37, 99] {
        let key = every_100::key(&commits.to_string());
        book(&app(&dynamo), &key, commits).await;
        let reader = app(&faults.dynamo());
        seen.lock().unwrap().clear();
        assert_eq!(reader.load(&key).await.unwrap().version.get(), commits);
        let mut operations = std::mem::take(&mut *seen.lock().unwrap());
        operations.sort();
        assert_eq!(operations, ["GetItem", "Query"], "{commits}");
    }
}

/// Neither request waits for the other one's answer: each is held until both are on their way.
#[tokio::test]
async fn a_load_is_one_round_trip() {
    let (database, dynamo) = database().await;
    let key = every_100::key("1");
    for commits in [10, 90, 37] {
        book(&app(&dynamo), &key, commits).await;
        let both = Arc::new(Barrier::new(2));
        let faults = Faults::after(&database, move |_| {
            let both = Arc::clone(&both);
            Box::pin(async move {
                both.wait().await;
                Fault::None
            })
        });
        let reader = app(&faults.dynamo_without_retries());
        for _ in 0..2 {
            let load = tokio::time::timeout(Duration::from_secs(20), reader.load(&key));
            load.await.expect("one waits for the other").unwrap();
        }
        assert_eq!(faults.count(), 4);
    }
}

#[tokio::test]
async fn a_snapshot_is_one_request_every_so_many_commits() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo);
    let key = every_4::key("1");
    assert_eq!(spent!(dynamo, app.execute(&key, Book(vec![1]))), (3, 1.0, 1.5), "GetItem and Query, PutItem");
    for version in 2..=12 {
        let (requests, writes, reads) = spent!(dynamo, app.execute(&key, Book(vec![1])));
        let written = version % 4 == 0;
        assert_eq!((requests, reads), (1 + u64::from(written), 0.0), "{version}");
        assert_eq!(writes, 1.0 + f64::from(u8::from(written)), "{version}");
    }
    // A process that has nothing in memory.
    let fresh = self::app(&dynamo);
    let (requests, writes, _) = spent!(dynamo, fresh.execute(&key, Book(vec![1])));
    assert_eq!((requests, writes), (3, 1.0));
}

#[tokio::test]
async fn the_past_is_read_with_one_request_more_at_most() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo);
    let key = every_100::key("1");
    book(&app, &key, 250).await;
    assert_eq!(spent!(dynamo, app.load_version(&key, Version::new(99))).0, 1, "no snapshot can be so early");
    assert_eq!(spent!(dynamo, app.load_version(&key, Version::new(150))).0, 2, "the snapshot is too late");
    assert_eq!(spent!(dynamo, app.load_version(&key, Version::new(249))).0, 2, "GetItem, then Query");
}

#[tokio::test]
async fn an_aggregate_without_snapshots_costs_nothing_more() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo.event_store())
        .views(dynamo.views())
        .snapshots(dynamo.snapshots())
        .settings(apart)
        .only([])
        .build()
        .unwrap();
    let key = bank::account("1");
    assert_eq!(spent!(dynamo, app.execute(&key, Open { owner: "Ada".into() })), (2, 1.0, 1.0));
    assert_eq!(spent!(dynamo, app.load(&key)), (1, 0.0, 1.0));
    assert_eq!(spent!(dynamo, app.load_version(&key, Version::new(1))), (1, 0.0, 1.0));
}
