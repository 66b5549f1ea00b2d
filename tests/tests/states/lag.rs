//! How far a projection is behind, in commits and in seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cqrs_core::Timestamp;
use cqrs_core::app::Stores as OwnStores;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_tests::bank::{self, Statement};
use cqrs_tests::commits::at;
use cqrs_tests::faults::{Fault, Faults, database};

use crate::*;

fn none() -> (u64, bool, Option<Timestamp>, Option<u64>) {
    (0, false, None, Some(0))
}

fn parts(lag: Lag) -> (u64, bool, Option<Timestamp>, Option<u64>) {
    (lag.commits, lag.more, lag.oldest, lag.seconds)
}

#[tokio::test]
async fn nothing_is_outstanding_where_everything_is_delivered() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        assert_eq!(parts(lag(&app, "Wealth").await), none(), "an empty store");
        for number in ["1", "2", "3"] {
            open(&app, number).await;
        }
        app.run_until_idle().await.unwrap();
        for projection in BOTH {
            assert_eq!(parts(lag(&app, projection).await), none());
            assert_eq!(parts(lag(&stores.app(&BOTH), projection).await), none(), "in another process");
        }
    }
}

#[tokio::test]
async fn what_is_not_delivered_is_counted_from_when_it_was_recorded() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        open(&app, "1").await;
        app.run_until_idle().await.unwrap();
        // Not in the order of their times: the clocks of two machines.
        stores.append(&bank::account("2"), 1, opened(), at(7_000)).await;
        stores.append(&bank::account("2"), 2, deposited(), at(9_000)).await;
        stores.append(&bank::account("3"), 1, opened(), at(5_000)).await;
        stores.append(&bank::account("2"), 3, deposited(), at(8_000)).await;
        // `Statement` does not listen to the first commit of an account.
        for (projection, commits, oldest) in [("Statement", 2, at(8_000)), ("Wealth", 4, at(5_000))] {
            let before = Timestamp::now().since(oldest).as_secs();
            let lag = lag(&app, projection).await;
            let after = Timestamp::now().since(oldest).as_secs();
            assert_eq!((lag.commits, lag.more, lag.oldest), (commits, false, Some(oldest)));
            assert!((before..=after).contains(&lag.seconds.unwrap()), "{lag:?}");
        }
        app.run_until_idle().await.unwrap();
        assert_eq!(parts(lag(&app, "Wealth").await), none());
    }
}

#[tokio::test]
async fn a_commit_that_tells_of_the_past_is_not_old() {
    let stores = Stores::Memory(MemoryEventStore::new(), MemoryViewStore::new());
    let app = stores.app(&BOTH);
    let started = Timestamp::now();
    app.execute(&bank::account("1"), Open { owner: "Ada".into() }).at(at(0)).await.unwrap();
    let oldest = lag(&app, "Wealth").await.oldest.unwrap();
    assert!(started <= oldest && oldest <= Timestamp::now(), "{oldest}");
}

#[tokio::test]
async fn projections_that_stand_at_different_places_are_counted_by_themselves() {
    for stores in Stores::all().await {
        let all = stores.app(&BOTH);
        open(&all, "1").await;
        all.run_until_idle().await.unwrap();
        open(&all, "2").await;
        stores.app(&["Wealth"]).run_until_idle().await.unwrap();
        open(&all, "3").await;
        assert_eq!(lag(&all, "Statement").await.commits, 2);
        assert_eq!(lag(&all, "Wealth").await.commits, 2);
        assert_eq!(lag(&stores.app(&["Statement"]), "Statement").await.commits, 2);
        all.run_until_idle().await.unwrap();
        assert_eq!(lag(&all, "Statement").await.commits, 0);
    }
}

#[tokio::test]
async fn a_projection_that_was_never_delivered_to_lacks_everything() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        for number in ["1", "2", "3"] {
            open(&app, number).await;
        }
        assert_eq!(lag(&app, "Statement").await.commits, 3);
        assert_eq!(lag(&app, "Wealth").await.commits, 6);
    }
}

#[tokio::test]
async fn counting_ends_at_some_number_and_reports_it() {
    let stores = Stores::Memory(MemoryEventStore::new(), MemoryViewStore::new());
    let app = stores.app(&["Wealth"]);
    for number in 0..10_150 {
        stores.append(&bank::account(&number.to_string()), 1, opened(), at(number)).await;
    }
    let found = lag(&app, "Wealth").await;
    assert!((10_000..10_150).contains(&found.commits) && found.more, "{found:?}");
    app.run_until_idle().await.unwrap();
    assert_eq!(parts(lag(&app, "Wealth").await), none());
}

/// A quiet shard of DynamoDB Streams answers with nothing at first.
#[tokio::test]
async fn what_the_feed_brings_late_is_counted() {
    let (database, _) = database().await;
    let (reads, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, is_late) = (Arc::clone(&reads), Arc::clone(&late));
    let quiet = Faults::new(&database, move |call| match call.operation.as_str() {
        "GetRecords" if is_late.load(Ordering::Relaxed) && counted.fetch_add(1, Ordering::Relaxed) < 10 => {
            Fault::Reply(r#"{"Records":[],"NextShardIterator":"late"}"#)
        }
        // The iterator that was made up is none that the database knows.
        "GetRecords" if call.body.contains("\"late\"") => Fault::Answer(400, "ExpiredIteratorException"),
        _ => Fault::None,
    });
    let app = Stores::of(&quiet.dynamo_without_retries()).app(&["Wealth"]);
    open(&app, "1").await;
    app.run_until_idle().await.unwrap();
    open(&app, "2").await;
    late.store(true, Ordering::Relaxed);
    assert_eq!(lag(&app, "Wealth").await.commits, 2);
    assert!(reads.load(Ordering::Relaxed) > 10);
}

/// Without a feed nobody can tell; and where views have what this process has no position for, something else delivers them.
#[tokio::test]
async fn a_process_that_cannot_know_the_lag_reports_it() {
    let (events, views) = (MemoryEventStore::new(), MemoryViewStore::new());
    let without_feed = OwnStores::new(events.clone(), events.delivery()).views(views.clone());
    let front = App::builder(without_feed).only(BOTH).build().unwrap();
    open(&front, "1").await;
    assert_eq!(state(&front, "Wealth").await.lag, None);

    let front = Stores::Memory(events, views).app(&BOTH);
    let commit = front.load(&bank::account("1")).await.unwrap();
    assert_eq!(commit.version, Version::new(2));
    front.replay::<Statement>().await.unwrap();
    assert_eq!(state(&front, "Statement").await.lag, None, "its views have it, and it has no place");
    assert_eq!(lag(&front, "Wealth").await.commits, 2, "nobody has delivered anything to it");
    front.run_until_idle().await.unwrap();
    assert_eq!(parts(lag(&front, "Statement").await), none());
}
