//! Commits that change more views than one transaction takes: applied in several, and each view once.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::view::{MemoryViewStore, ViewStore};
use cqrs_dynamo::Dynamo;
use cqrs_tests::faults::{self, Fault, Faults};
use futures_util::TryStreamExt;

#[event]
struct RowImported {
    row: u32,
    text: String,
}

#[derive(Clone)]
struct Import {
    rows: u32,
    text: String,
}

#[aggregate(entity = "WIDE_IMPORT")]
#[derive(Default)]
struct WideImport {}

#[aggregate]
impl WideImport {
    #[command]
    fn import(&self, command: Import) -> Result<Vec<RowImported>, std::convert::Infallible> {
        let row = |row| RowImported { row, text: command.text.clone() };
        Ok((0..command.rows).map(row).collect())
    }

    #[apply]
    fn imported(&mut self, _: &RowImported) {}
}

/// How often a row was imported, padded where a test is about bytes.
#[projection(key(row: u32), view = "WIDE_ROW")]
#[derive(Debug, Default)]
struct WideRow {
    times: u32,
    padding: String,
}

#[projection(key(row))]
impl WideRow {
    #[apply]
    fn imported(&mut self, event: &RowImported) {
        self.times += 1;
        if let Ok(bytes) = event.text.parse() {
            self.padding = "x".repeat(bytes);
        }
    }
}

fn tenant() -> Tenant {
    Tenant::new("TENANT001").unwrap()
}

fn key(id: &str) -> WideImportKey {
    WideImportKey::new(&tenant(), id)
}

fn rows(rows: u32) -> Import {
    Import { rows, text: String::new() }
}

fn app_on(store: impl cqrs_core::app::IntoStores, views: impl ViewStore) -> App {
    App::builder(store).views(views).only(["WideRow"]).build().unwrap()
}

fn app(dynamo: &Dynamo) -> App {
    app_on(dynamo.event_store(), dynamo.views())
}

/// How often each row was imported, in the order of their numbers.
async fn times(app: &App) -> Vec<u32> {
    let mut found: Vec<_> = app.views::<WideRow>(&tenant()).try_collect().await.unwrap();
    found.sort_by_key(|found| found.key.row());
    found.into_iter().map(|found| found.view.times).collect()
}

/// All commits of an import, as a queue has them.
async fn received(app: &App, store: &impl EventStore, id: &str) -> Vec<Received> {
    let page = store.read(&key(id).stream().unwrap(), Version::NONE, Version::MAX).await.unwrap();
    page.commits.iter().map(|commit| Received::new(Message::of(app, commit).body)).collect()
}

/// Takes a batch once; returns whether everything is done.
async fn take(app: &App, batch: &[Received]) -> bool {
    app.consumer("WideRow").unwrap().take(batch).await.iter().all(|verdict| *verdict == Verdict::Done)
}

async fn assert_applied_in(app: App, case: &str) {
    for (number, rows_of_it) in [1, 98, 99, 100, 120, 250].into_iter().enumerate() {
        app.execute(&key(&number.to_string()), rows(rows_of_it)).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap(), [], "{case}");
    let wanted: Vec<u32> = (0..250)
        .map(|row| [1, 98, 99, 100, 120, 250].iter().map(|rows| u32::from(row < *rows)).sum())
        .collect();
    assert_eq!(times(&app).await, wanted, "{case}");
    for _ in 0..2 {
        app.replay::<WideRow>().await.unwrap();
        assert_eq!(times(&app).await, wanted, "{case}, replayed");
    }
}

#[tokio::test]
async fn a_commit_may_change_more_views_than_a_transaction_takes() {
    assert_applied_in(app_on(MemoryEventStore::new(), MemoryViewStore::new()), "memory").await;
    let (_database, dynamo) = faults::database().await;
    assert_applied_in(app(&dynamo), "embedded").await;
}

/// Whatever happens to any of the transactions, the next process continues where the last one was.
#[tokio::test]
async fn a_crash_between_two_transactions_applies_nothing_twice() {
    for fault in [Fault::Reset, Fault::AnswerLost] {
        for number in 0..5 {
            let (database, dynamo) = faults::database().await;
            let writer = app(&dynamo);
            for _ in 0..2 {
                writer.execute(&key("1"), rows(250)).await.unwrap();
            }
            let faulty = Faults::at(&database, "TransactWriteItems", number, fault);
            let batch = received(&writer, &dynamo.event_store(), "1").await;
            let case = format!("{fault:?} at {number}");
            assert!(!take(&app(&faulty.dynamo_without_retries()), &batch).await, "{case}");
            assert!(take(&app(&dynamo), &batch).await, "{case}");
            assert!(take(&app(&dynamo), &batch).await, "{case}, sent again");
            assert_eq!(times(&writer).await, vec![2; 250], "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_apply_it_once() {
    let (_database, dynamo) = faults::database().await;
    let writer = app(&dynamo);
    for _ in 0..3 {
        writer.execute(&key("1"), rows(250)).await.unwrap();
    }
    let batch = received(&writer, &dynamo.event_store(), "1").await;
    let worker = || {
        let (app, batch) = (app(&dynamo), batch.clone());
        tokio::spawn(async move { while !take(&app, &batch).await {} })
    };
    for worker in [worker(), worker(), worker()] {
        worker.await.unwrap();
    }
    assert_eq!(times(&writer).await, vec![3; 250]);
}

/// Fifteen views of 390 KB are more than the 4 MB of one transaction; with their shadows even more so.
#[tokio::test]
async fn a_commit_may_change_more_bytes_than_a_transaction_takes() {
    let (_database, dynamo) = faults::database().await;
    for app in [app_on(MemoryEventStore::new(), MemoryViewStore::new()), app(&dynamo)] {
        for id in ["1", "2"] {
            app.execute(&key(id), Import { rows: 15, text: "390000".into() }).await.unwrap();
        }
        app.run_until_idle().await.unwrap();
        assert_eq!(app.dead_letters().list().await.unwrap(), []);
        assert_eq!(times(&app).await, [2; 15]);
        app.replay::<WideRow>().await.unwrap();
        assert_eq!(times(&app).await, [2; 15]);
    }
}

/// A replay runs while the live views have part of a commit: no copy may replace the other before both have all of it.
#[tokio::test]
async fn a_replay_finishes_what_the_delivery_has_begun() {
    for (number, commits) in [(0, 1), (1, 1), (0, 2), (1, 2), (3, 2), (4, 2)] {
        let (database, dynamo) = faults::database().await;
        let writer = app(&dynamo);
        for _ in 0..commits {
            writer.execute(&key("1"), rows(250)).await.unwrap();
        }
        let batch = received(&writer, &dynamo.event_store(), "1").await;
        let faulty = Faults::at(&database, "TransactWriteItems", number, Fault::AnswerLost);
        assert!(!take(&app(&faulty.dynamo_without_retries()), &batch).await);
        app(&dynamo).replay::<WideRow>().await.unwrap();
        assert!(take(&app(&dynamo), &batch).await);
        assert_eq!(times(&writer).await, vec![commits; 250], "{number} of {commits}");
    }
}

/// A stream that takes part in a replay that was interrupted, wherever it was, and whichever process continues it.
#[tokio::test]
async fn a_wide_commit_goes_into_both_copies_during_a_replay() {
    for (number, fault) in [
        (0, Fault::AnswerLost),
        (1, Fault::Reset),
        (2, Fault::AnswerLost),
        (3, Fault::Reset),
        (4, Fault::AnswerLost),
    ] {
        let (database, dynamo) = faults::database().await;
        let writer = app(&dynamo);
        writer.execute(&key("1"), rows(130)).await.unwrap();
        writer.run_until_idle().await.unwrap();
        // What is lost of many views that are put in place together is put in place one by one: that fails, too.
        let seen = AtomicUsize::new(0);
        let faulty = Faults::new(&database, move |call| {
            if call.operation != "TransactWriteItems" {
                return Fault::None;
            }
            match seen.fetch_add(1, Ordering::Relaxed).cmp(&number) {
                Less => Fault::None,
                Equal => fault,
                Greater => Fault::Reset,
            }
        });
        let interrupted = app(&faulty.dynamo_without_retries()).replay::<WideRow>().parallel(1).await;
        assert!(interrupted.is_err(), "{number}");
        writer.execute(&key("1"), rows(150)).await.unwrap();
        let batch = received(&writer, &dynamo.event_store(), "1").await;
        let crash = Faults::at(&database, "TransactWriteItems", 1, fault);
        take(&app(&crash.dynamo_without_retries()), &batch).await;
        assert!(take(&app(&dynamo), &batch).await, "{number}");
        let wanted: Vec<u32> = (0..150).map(|row| if row < 130 { 2 } else { 1 }).collect();
        assert_eq!(times(&writer).await, wanted, "{number}, {fault:?}: live");
        app(&dynamo).replay::<WideRow>().await.unwrap();
        assert_eq!(times(&writer).await, wanted, "{number}, {fault:?}: replayed");
    }
}

/// How many pages of the events table are read to bring views up to the last of so many commits, each of which takes
/// two transactions.
async fn pages_read(commits: u32) -> usize {
    let (database, dynamo) = faults::database().await;
    let writer = app(&dynamo);
    for _ in 0..commits {
        writer.execute(&key("1"), rows(120)).await.unwrap();
    }
    let reads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reads);
    let watched = Faults::new(&database, move |call| {
        if call.operation == "Query" && call.is_for("events") {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Fault::None
    });
    let reader = app(&watched.dynamo_without_retries());
    let last = received(&writer, &dynamo.event_store(), "1").await.pop().unwrap();
    assert!(take(&reader, &[last]).await);
    assert!(times(&writer).await.iter().all(|times| *times == commits));
    reads.load(Ordering::Relaxed)
}

#[tokio::test]
async fn to_catch_up_reads_every_page_once() {
    for commits in [5, 10, 20] {
        assert_eq!(pages_read(commits).await, 1, "{commits} commits are one page");
    }
}
