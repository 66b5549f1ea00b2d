//! Commits that come late: a reader is woken within one process, and looks again if another process writes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use cqrs_core::app::ReadError;
use cqrs_dynamo::Embedded;
use cqrs_tests::bank::{Statement, Wealth};
use cqrs_tests::faults::{Call, Fault, Faults, database};
use tokio::sync::Notify;

use crate::*;

/// The requests of a reader: for the view or its fence, and for the commits.
#[derive(Default)]
struct Reads {
    positions: AtomicUsize,
    commits: AtomicUsize,
    sent: Notify,
}

impl Reads {
    fn note(&self, call: &Call) {
        match call.operation.as_str() {
            "GetItem" if call.is_for("views") => drop(self.positions.fetch_add(1, Ordering::SeqCst)),
            "Query" if call.is_for("events") => drop(self.commits.fetch_add(1, Ordering::SeqCst)),
            _ => {}
        }
        self.sent.notify_one();
    }

    fn take(&self) -> (usize, usize) {
        (self.positions.swap(0, Ordering::SeqCst), self.commits.swap(0, Ordering::SeqCst))
    }

    /// Ready when this number of reads of the view, or of its fence, has been sent.
    async fn reach(&self, positions: usize) {
        while self.positions.load(Ordering::SeqCst) < positions {
            self.sent.notified().await;
        }
    }
}

/// Where the reads are counted.
fn counted(database: &Embedded) -> (Arc<Reads>, Dynamo) {
    let reads = Arc::new(Reads::default());
    let seen = Arc::clone(&reads);
    let faults = Faults::new(database, move |call| {
        seen.note(call);
        Fault::None
    });
    (reads, faults.dynamo_without_retries())
}

/// An app whose deliveries read nothing, because it has written the views before, and takes the messages as the content
/// of the store. It does not look for what others write.
async fn warm(dynamo: &Dynamo) -> (App, AccountKey) {
    let app = App::builder(dynamo.event_store())
        .views(dynamo.views())
        .only(["Statement", "Wealth"])
        .settings(|settings| (settings.read_poll, settings.trusted_messages) = (FOR_EVER, true))
        .build()
        .unwrap();
    let key = open(&app, "1", 1).await;
    for (projection, version) in [("Statement", 2), ("Wealth", 1), ("Wealth", 2)] {
        let token = CommitToken::new(key.stream().unwrap(), Version::new(version));
        assert_eq!(bring(&app, dynamo, projection, &token).await, Verdict::Done);
    }
    (app, key)
}

#[tokio::test]
async fn a_reader_is_woken_by_a_projection_of_its_process_and_does_not_look_in_between() {
    let (database, plain) = database().await;
    let (reads, dynamo) = counted(&database);
    let (app, key) = warm(&dynamo).await;
    let before = CommitToken::new(key.stream().unwrap(), Version::new(2));
    let token = app.execute(&key, deposit(1)).await.unwrap().token();

    let late = async |projection: &'static str| {
        reads.reach(1).await;
        // An earlier commit of the stream that comes again wakes no reader.
        for _ in 0..100 {
            tokio::task::yield_now().await;
            assert_eq!(bring(&app, &plain, projection, &before).await, Verdict::Done);
        }
        assert_eq!(bring(&app, &plain, projection, &token).await, Verdict::Done);
    };
    reads.take();
    let read = async { app.view::<Statement>(&key).at_least(&token).within(FOR_EVER).await };
    let (view, ()) = tokio::join!(read, late("Statement"));
    assert_eq!(view.unwrap().unwrap().lines, [1, 1]);
    assert_eq!(reads.take(), (2, 1), "the view twice, and the commits once");

    let read = async { app.view::<Wealth>(&ada()).at_least(&token).within(FOR_EVER).await };
    let (view, ()) = tokio::join!(read, late("Wealth"));
    assert_eq!(view.unwrap().unwrap().cents, 2);
    assert_eq!(reads.take(), (3, 1), "the fence twice, the commits once, and then the view");
}

#[tokio::test]
async fn what_is_written_while_a_reader_makes_up_its_mind_wakes_it() {
    for projection in ["Statement", "Wealth"] {
        let (database, plain) = database().await;
        let place: Arc<OnceLock<(App, CommitToken)>> = Arc::default();
        let (reader, armed) = (Arc::clone(&place), Arc::new(AtomicBool::new(false)));
        let is_armed = Arc::clone(&armed);
        // The commit comes behind the reader's first look at the view, before it waits.
        let faults = Faults::after(&database, move |call| {
            let (reader, plain) = (Arc::clone(&reader), plain.clone());
            let looks_for_commits = call.operation == "Query" && call.is_for("events");
            let comes = looks_for_commits && is_armed.swap(false, Ordering::SeqCst);
            Box::pin(async move {
                if let Some((app, token)) = reader.get().filter(|_| comes) {
                    assert_eq!(bring(app, &plain, projection, token).await, Verdict::Done);
                }
                Fault::None
            })
        });
        let (app, key) = warm(&faults.dynamo_without_retries()).await;
        let token = app.execute(&key, deposit(1)).await.unwrap().token();
        assert!(place.set((app.clone(), token.clone())).is_ok());
        armed.store(true, Ordering::SeqCst);
        if projection == "Statement" {
            let view = app.view::<Statement>(&key).at_least(token).within(FOR_EVER).await.unwrap().unwrap();
            assert_eq!(view.lines, [1, 1]);
        } else {
            let view = app.view::<Wealth>(&ada()).at_least(token).within(FOR_EVER).await.unwrap().unwrap();
            assert_eq!(view.cents, 2);
        }
        assert!(!armed.load(Ordering::SeqCst), "it came too late to tell");
    }
}

#[tokio::test]
async fn a_keyed_view_is_read_after_its_fence() {
    let (database, plain) = database().await;
    let (writer, key) = warm(&plain).await;
    let token = writer.execute(&key, deposit(1)).await.unwrap().token();
    let (app, commit) = (writer.clone(), token.clone());
    // The commit comes just before the fence is read.
    let faults = Faults::after(&database, move |call| {
        let comes = call.body.contains("BANK#ACCOUNT@WEALTH");
        let (app, plain, commit) = (app.clone(), plain.clone(), commit.clone());
        Box::pin(async move {
            if comes {
                assert_eq!(bring(&app, &plain, "Wealth", &commit).await, Verdict::Done);
            }
            Fault::None
        })
    });
    let front = front(&faults.dynamo_without_retries());
    let view = front.view::<Wealth>(&ada()).at_least(token).within(Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(view.cents, 2);
}

#[tokio::test]
async fn a_replay_of_the_process_wakes_a_reader() {
    let (database, _) = database().await;
    let (reads, dynamo) = counted(&database);
    let (app, key) = warm(&dynamo).await;
    let token = app.execute(&key, deposit(1)).await.unwrap().token();

    reads.take();
    let read = async { app.view::<Statement>(&key).at_least(&token).within(FOR_EVER).await };
    let (view, replayed) = tokio::join!(read, async {
        reads.reach(1).await;
        app.replay::<Statement>().key(&key).await
    });
    assert_eq!((view.unwrap().unwrap().lines.len(), replayed.unwrap().views), (2, 1));
    reads.take();
    let read = async { app.view::<Wealth>(&ada()).at_least(&token).within(FOR_EVER).await };
    let (view, replayed) = tokio::join!(read, async {
        reads.reach(1).await;
        app.replay::<Wealth>().await
    });
    assert_eq!((view.unwrap().unwrap().cents, replayed.unwrap().views), (2, 1));
}

#[tokio::test]
async fn a_view_that_another_process_writes_is_looked_at_again() {
    let (database, plain) = database().await;
    let (reads, dynamo) = counted(&database);
    let (front, worker) = (front(&dynamo), worker(&plain));
    let key = open(&front, "1", 2).await;
    let token = CommitToken::new(key.stream().unwrap(), Version::new(3));

    reads.take();
    let read = async { front.view::<Statement>(&key).at_least(&token).within(FOR_EVER).await };
    let (view, verdict) = tokio::join!(read, async {
        reads.reach(3).await;
        bring(&worker, &plain, "Statement", &token).await
    });
    assert_eq!((view.unwrap().unwrap().lines.len(), verdict), (2, Verdict::Done));
    reads.take();
    let read = async { front.view::<Wealth>(&ada()).at_least(&token).within(FOR_EVER).await };
    let (view, verdict) = tokio::join!(read, async {
        reads.reach(3).await;
        bring(&worker, &plain, "Wealth", &token).await
    });
    assert_eq!((view.unwrap().unwrap().cents, verdict), (2, Verdict::Done));
}

#[tokio::test]
async fn a_run_of_the_process_brings_the_commit() {
    let (_database, dynamo) = database().await;
    let app = worker(&dynamo);
    let key = open(&app, "1", 1).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let reads = async {
        for cents in 2..6 {
            let token = app.execute(&key, deposit(1)).await.unwrap().token();
            let view = app.view::<Wealth>(&ada()).at_least(token).within(FOR_EVER).await.unwrap().unwrap();
            assert_eq!(view.cents, cents);
        }
        stop.send(()).unwrap();
    };
    let (run, ()) = tokio::join!(app.run(async { stopped.await.unwrap() }), reads);
    run.unwrap();
}

/// How often a read looks that waits in vain for the second commit of account 1.
async fn looks(app: &App, reads: &Reads, limit: u64) -> usize {
    let key = bank::account("1");
    let token = CommitToken::new(key.stream().unwrap(), Version::new(2));
    reads.take();
    let read = app.view::<Statement>(&key).at_least(token).within(Duration::from_millis(limit));
    let error = read.await.unwrap_err();
    assert!(matches!(error, ReadError::TimeLimit { .. }), "{error}");
    reads.take().0
}

#[tokio::test(start_paused = true)]
async fn the_pauses_between_two_looks_grow() {
    let (database, _) = database().await;
    let (reads, dynamo) = counted(&database);
    let app = front(&dynamo);
    open(&app, "1", 1).await;
    // At once, after 10, 30, 70, 150, 310, 630 and 1,130 ms, and then every 500 ms; at the limit once more.
    for (limit, expected) in [(0, 1), (5, 2), (11, 3), (71, 5), (640, 8), (1_140, 9), (5_000, 16)] {
        assert_eq!(looks(&app, &reads, limit).await, expected, "{limit} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_delivery_runs_a_reader_hardly_ever_looks_by_itself() {
    let (database, _) = database().await;
    let (reads, dynamo) = counted(&database);
    let app = |only| App::builder(dynamo.event_store()).views(dynamo.views()).only([only]).build().unwrap();
    let (app, other) = (app("Statement"), app("Wealth"));
    let key = open(&app, "1", 0).await;
    break_stream(&dynamo, &key).await;
    // What they cannot take is a dead letter from now on: they have nothing left to read.
    app.run_until_idle().await.unwrap();
    other.run_until_idle().await.unwrap();
    // The run itself checks which processes work on the views, before the first look or after it.
    for (app, expected) in [(&app, 3..=3), (&other, 8..=9)] {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let looks = async {
            let looks = looks(app, &reads, 640).await;
            stop.send(()).unwrap();
            looks
        };
        let (run, looks) = tokio::join!(app.run(async { stopped.await.unwrap() }), looks);
        run.unwrap();
        assert!(expected.contains(&looks), "{looks}");
    }
    assert_eq!(looks(&app, &reads, 640).await, 8, "it has stopped");
}
