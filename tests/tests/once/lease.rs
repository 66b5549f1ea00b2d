//! Runs that vanish between claim and finish, and runs that meet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::app::Settings;
use cqrs_core::delivery::Verdict;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::Deposited;
use cqrs_tests::faults::{Call, Fault, Faults};

use crate::office::{
    Answer, Post, database, is_claim, is_finish, open, process, process_with, retried, take,
};

/// A lease that has run out when it begins simulates the time that passes.
fn no_lease(settings: &mut Settings) {
    settings.inbox_lease = Duration::ZERO;
}

/// What happens to all requests of one kind.
fn faulty(database: &Embedded, kind: fn(&Call) -> bool, fault: Fault) -> Dynamo {
    let plan = move |call: &Call| if kind(call) { fault } else { Fault::None };
    Faults::new(database, plan).dynamo_without_retries()
}

#[tokio::test]
async fn an_event_whose_record_was_not_finished_is_handled_again_only_after_the_lease() {
    for fault in [Fault::Reset, Fault::Answer(500, "InternalServerError")] {
        for lapsed in [false, true] {
            let (database, dynamo) = database().await;
            let post = Post::default();
            let crashing = faulty(&database, is_finish, fault);
            let crashing = match lapsed {
                true => process_with(&crashing, &post, no_lease),
                false => process(&crashing, &post),
            };
            open(&crashing, "1", 1).await;
            let reason = retried(take(&dynamo, &crashing, "receipt", 1).await);
            assert!(reason.contains("the event was handled"), "{fault:?}: {reason}");
            assert_eq!(
                post.sent("receipt"),
                1,
                "{fault:?}: the handler is not run for the sake of its record"
            );

            let app = process(&dynamo, &post);
            let verdict = take(&dynamo, &app, "receipt", 2).await;
            if lapsed {
                assert_eq!(verdict, Verdict::Done, "{fault:?}");
                assert_eq!(post.sent("receipt"), 2, "{fault:?}");
            } else {
                let reason = retried(verdict);
                assert!(reason.contains("another run of `receipt` has the event, until 20"), "{reason}");
                assert_eq!(post.sent("receipt"), 1, "{fault:?}");
            }
        }
    }
}

/// The first request of one kind meets a fault; their number is counted.
fn faulty_once(database: &Embedded, kind: fn(&Call) -> bool, fault: Fault) -> (Dynamo, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let seen = Arc::clone(&count);
    let plan = move |call: &Call| {
        let first = kind(call) && seen.fetch_add(1, Ordering::Relaxed) == 0;
        if first { fault } else { Fault::None }
    };
    (Faults::new(database, plan).dynamo_without_retries(), count)
}

const PASSING: [Fault; 3] = [Fault::Reset, Fault::AnswerLost, Fault::Answer(400, "ThrottlingException")];

#[tokio::test]
async fn a_claim_whose_answer_got_lost_is_not_in_the_way_of_the_next() {
    for fault in PASSING {
        let (database, _) = database().await;
        let post = Post::default();
        let (dynamo, claims) = faulty_once(&database, is_claim, fault);
        let app = process(&dynamo, &post);
        open(&app, "1", 1).await;
        app.run_until_idle().await.unwrap();
        assert_eq!((post.sent("welcome"), post.sent("receipt")), (1, 1), "{fault:?}");
        assert_eq!(claims.load(Ordering::Relaxed), 3, "{fault:?}: one for each event, and one again");
        assert_eq!(app.dead_letters().list().await.unwrap(), [], "{fault:?}");
    }
}

#[tokio::test]
async fn a_record_that_could_not_be_finished_is_finished_again_without_the_handler() {
    for fault in PASSING {
        let (database, dynamo) = database().await;
        let post = Post::default();
        let (faulty, finishes) = faulty_once(&database, is_finish, fault);
        let app = process(&faulty, &post);
        open(&app, "1", 1).await;
        assert_eq!(take(&dynamo, &app, "receipt", 1).await, Verdict::Done, "{fault:?}");
        assert_eq!(finishes.load(Ordering::Relaxed), 2, "{fault:?}");
        assert_eq!(take(&dynamo, &app, "receipt", 2).await, Verdict::Done, "{fault:?}");
        assert_eq!(post.sent("receipt"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn two_processes_at_once_handle_an_event_once() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let (first, second) = (process(&dynamo, &post), process(&dynamo, &post));
    open(&first, "1", 1).await;
    post.answer([Answer::Hold]);
    let slow = tokio::spawn({
        let (dynamo, first) = (dynamo.clone(), first.clone());
        async move { take(&dynamo, &first, "receipt", 1).await }
    });
    post.begun.notified().await;
    // However often it comes in vain, it does not become a dead letter.
    for receives in [1, 2, 1000] {
        let reason = retried(take(&dynamo, &second, "receipt", receives).await);
        assert!(reason.contains("another run"), "{reason}");
    }
    post.go_on.notify_one();
    assert_eq!(slow.await.unwrap(), Verdict::Done);
    assert_eq!(take(&dynamo, &second, "receipt", 1001).await, Verdict::Done);
    assert_eq!(post.sent("receipt"), 1);
}

#[tokio::test]
async fn two_deliveries_in_process_at_once_handle_an_event_once() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let (first, second) = (process(&dynamo, &post), process(&dynamo, &post));
    open(&first, "1", 4).await;
    open(&first, "2", 4).await;
    let (first_run, second_run) = tokio::join!(first.run_until_idle(), second.run_until_idle());
    first_run.unwrap();
    second_run.unwrap();
    assert_eq!((post.sent("welcome"), post.sent("receipt")), (2, 8));
    assert_eq!(first.dead_letters().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_delivery_that_was_killed_holds_its_event_up_for_the_lease_and_no_longer() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let killed = process_with(&dynamo, &post, |settings| settings.inbox_lease = Duration::from_millis(100));
    open(&killed, "1", 1).await;
    post.answer([Answer::Hold; 3]);
    tokio::select! {
        ended = killed.run_until_idle() => panic!("it holds: {ended:?}"),
        () = post.begun.notified() => {}
    }
    let quiet = Post::default();
    let app = process(&dynamo, &quiet);
    app.run_until_idle().await.unwrap();
    assert_eq!((quiet.sent("welcome"), quiet.sent("receipt")), (1, 1));
    assert_eq!(app.dead_letters().list().await.unwrap(), [], "to wait is no failure");
}

#[tokio::test]
async fn a_lease_that_was_lost_is_reported() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let first = process_with(&dynamo, &post, no_lease);
    open(&first, "1", 1).await;
    post.answer([Answer::Hold]);
    let slow = tokio::spawn({
        let (dynamo, first) = (dynamo.clone(), first.clone());
        async move { take(&dynamo, &first, "receipt", 1000).await }
    });
    post.begun.notified().await;
    let other = Post::default();
    let second = process(&dynamo, &other);
    other.answer([Answer::Hold]);
    let faster = tokio::spawn({
        let (dynamo, second) = (dynamo.clone(), second.clone());
        async move { take(&dynamo, &second, "receipt", 1).await }
    });
    other.begun.notified().await;
    post.go_on.notify_one();
    let reason = retried(slow.await.unwrap());
    assert!(reason.contains("`receipt` took longer than its lease"), "{reason}");
    assert!(reason.contains("inbox_lease"), "{reason}");
    // The message stays until the run that has the lease now is done.
    assert!(retried(take(&dynamo, &first, "receipt", 1001).await).contains("another run"));
    other.go_on.notify_one();
    assert_eq!(faster.await.unwrap(), Verdict::Done);
    assert_eq!(take(&dynamo, &first, "receipt", 1002).await, Verdict::Done);
    assert_eq!((post.sent("receipt"), other.sent("receipt")), (1, 1));
}

#[tokio::test]
async fn a_letter_whose_event_another_run_has_stays_as_it_is() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let (first, second) = (process(&dynamo, &post), process(&dynamo, &post));
    open(&first, "1", 1).await;
    post.answer([Answer::Permanent; 3]);
    first.run_until_idle().await.unwrap();
    let letters = second.dead_letters().list().await.unwrap();
    assert_eq!(letters.len(), 3);

    post.answer([Answer::Hold]);
    let slow = tokio::spawn(async move { first.dead_letters().redrive("receipt").await });
    post.begun.notified().await;
    assert_eq!(second.dead_letters().redrive("receipt").await.unwrap().done, 0);
    assert_eq!(second.dead_letters().list().await.unwrap(), letters);
    post.go_on.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().done, 1);
    assert_eq!(post.sent("receipt"), 1);
}

/// It may take longer than the default lease.
#[event_handler(Deposited, once, timeout = "5m")]
async fn archive(event: &Recorded<Deposited>, post: &Post) -> Result<(), HandlerError> {
    post.send("archive", event).await
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_its_handler_may_take() {
    let (_, dynamo) = database().await;
    let archive = |post: &Post| {
        let app = App::builder(dynamo.event_store()).provide(Arc::clone(post)).only(["archive"]);
        app.settings(no_lease).build().unwrap()
    };
    let (post, other) = (Post::default(), Post::default());
    let (first, second) = (archive(&post), archive(&other));
    open(&first, "1", 1).await;
    post.answer([Answer::Hold]);
    let slow = tokio::spawn({
        let (dynamo, first) = (dynamo.clone(), first.clone());
        async move { take(&dynamo, &first, "archive", 1).await }
    });
    post.begun.notified().await;
    let reason = retried(take(&dynamo, &second, "archive", 2).await);
    assert!(reason.contains("another run of `archive` has the event"), "{reason}");
    post.go_on.notify_one();
    assert_eq!(slow.await.unwrap(), Verdict::Done);
    assert_eq!((post.sent("archive"), other.sent("archive")), (1, 0));
}
