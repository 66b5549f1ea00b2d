//! Failures are tried again, and then become dead letters; the stream waits, and the others flow.

use cqrs_core::store::record::Record;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::Deposited;
use cqrs_tests::faults::{Call as Request, Fault, Faults, database};
use cqrs_tests::raw;
use serde_json::{Value, json};

use crate::office::*;

#[tokio::test]
async fn a_handler_that_works_in_the_end_leaves_no_letter() {
    let (_, app, clerk) = start().await;
    open(&app, &["1"]).await;
    let mut failures = 2;
    clerk.answers(move |_| {
        if failures == 0 {
            return Answer::Done;
        }
        failures -= 1;
        Answer::Retry
    });
    pay(&app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(clerk.versions("1"), [1, 1, 1, 2], "tried again before the next one");
    assert_eq!(letters(&app).await, []);
}

#[tokio::test]
async fn what_fails_at_every_try_becomes_a_dead_letter_and_its_stream_waits() {
    for (answer, attempts, reason) in [
        (Answer::Retry, ATTEMPTS, "the clerk is ill"),
        (Answer::Panic, ATTEMPTS, "it panicked: the clerk panics"),
        (Answer::Permanent, 1, "the clerk refuses"),
    ] {
        let (_, app, clerk) = start().await;
        open(&app, &["1", "2"]).await;
        clerk.fails_at("1", 2, answer);
        for _ in 0..3 {
            pay(&app, &["1", "2"]).await;
        }
        app.run_until_idle().await.unwrap();
        let mut tried = vec![1];
        tried.extend(std::iter::repeat_n(2, attempts as usize));
        assert_eq!(clerk.versions("1"), tried, "{answer:?}");
        assert_eq!(clerk.versions("2"), [1, 2, 3, 4], "{answer:?}: others flow on");
        assert_eq!(letters(&app).await, of_clerk("1", &[(2, attempts), (3, 0), (4, 0)]), "{answer:?}");
        assert_eq!(letter(&app, "1", 2).await.reason, reason);
        assert_eq!(letter(&app, "1", 3).await.reason, "waits behind an earlier commit of its stream");
        assert_views_are_the_fold(&app, &["1", "2"], "views do not wait for the clerk").await;
    }
}

#[tokio::test]
async fn a_stream_waits_after_a_restart_as_well() {
    let (dynamo, first, clerk) = start().await;
    open(&first, &["1"]).await;
    clerk.fails_at("1", 1, Answer::Permanent);
    first.run_until_idle().await.unwrap();
    clerk.calls();

    let second = app(&dynamo, &clerk);
    pay(&second, &["1"]).await;
    second.run_until_idle().await.unwrap();
    assert!(clerk.versions("1").is_empty(), "its turn has not come");
    assert_eq!(letters(&second).await, of_clerk("1", &[(1, 1), (2, 0)]));
}

#[tokio::test]
async fn a_letter_keeps_its_reason_when_its_commit_is_delivered_again() {
    let (database, dynamo) = database().await;
    let clerk = Clerk::new();
    let faults = Faults::new(&database, |request: &Request| {
        let position = request.operation == "PutItem" && request.body.contains("POSITION#clerk");
        if position { Fault::Reset } else { Fault::None }
    });
    let crashing = app(&faults.dynamo_without_retries(), &clerk);
    open(&crashing, &["1"]).await;
    pay(&crashing, &["1"]).await;
    clerk.fails_at("1", 1, Answer::Permanent);
    crashing.run_until_idle().await.unwrap_err();

    let restarted = app(&dynamo, &clerk);
    pay(&restarted, &["1"]).await;
    restarted.run_until_idle().await.unwrap();
    assert_eq!(letters(&restarted).await, of_clerk("1", &[(1, 1), (2, 0), (3, 0)]));
    assert_eq!(letter(&restarted, "1", 1).await.reason, "the clerk refuses");
}

#[tokio::test]
async fn a_projection_that_cannot_write_puts_its_commits_away_and_catches_up() {
    let (database, dynamo) = database().await;
    let clerk = Clerk::new();
    let faults = Faults::new(&database, |request: &Request| {
        // Of one projection; the other one continues.
        let view = request.operation == "PutItem"
            && request.is_for("views")
            && request.body.contains("#STATEMENT\"");
        if view { Fault::Answer(400, "ValidationException") } else { Fault::None }
    });
    let broken = app(&faults.dynamo_without_retries(), &clerk);
    open(&broken, &["1"]).await;
    pay(&broken, &["1", "1"]).await;
    broken.run_until_idle().await.unwrap();
    let kept: Vec<_> = letters(&broken).await;
    let of_statement =
        |version, attempts| ("Statement".to_owned(), raw::sort_key(&key("1"), version), attempts);
    assert_eq!(kept, [of_statement(2, ATTEMPTS), of_statement(3, 0)]);

    let mended = app(&dynamo, &clerk);
    assert_eq!(mended.dead_letters().redrive("Statement").await.unwrap().done, 2);
    assert_eq!(letters(&mended).await, []);
    assert_views_are_the_fold(&mended, &["1"], "redriven").await;
}

/// A deposit with a list in a list in a list …
fn nested(version: u64, depth: usize) -> Record {
    let event = Deposited { owner: "Ada".into(), cents: 1, note: String::new() };
    let mut record = raw::record(&key("1"), version, &event);
    let tower = (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]));
    record["data"]["tower"] = tower;
    record
}

/// DynamoDB takes 32 levels, and a letter has one more than its commit.
#[tokio::test]
async fn a_commit_of_any_shape_can_become_a_dead_letter() {
    for depth in 0..=30 {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let clerk = Clerk::new();
        let app = app_of(dynamo.event_store(), MemoryViewStore::new(), &clerk, &["clerk"]);
        open(&app, &["1"]).await;
        raw::put(&dynamo, nested(2, depth)).await;
        clerk.fails_at("1", 2, Answer::Permanent);
        app.run_until_idle()
            .await
            .unwrap_or_else(|error| panic!("{depth}: {}", cqrs_core::causes::chain(&error)));
        assert_eq!(letters(&app).await, of_clerk("1", &[(2, 1)]), "{depth}");
        let record = letter(&app, "1", 2).await.record;
        assert_eq!(record, Value::Object(nested(2, depth)), "{depth}");
    }
}
