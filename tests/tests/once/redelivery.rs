//! Events that are delivered again, and events that failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::delivery::{DeliveryError, Verdict};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, DepositAll};
use cqrs_tests::faults::{Call, Fault, Faults};

use crate::office::{
    ALL, Answer, Post, database, is_claim, is_finish, messages, open, process, process_with, retried, take,
};

/// The store forgets how far the subscribers have come.
async fn forget_positions(dynamo: &Dynamo) {
    for name in ALL {
        let (client, table) = (dynamo.client(), &dynamo.tables().delivery);
        let pk = AttributeValue::S(format!("POSITION#{name}"));
        let found = client
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", pk);
        for mut item in found.send().await.unwrap().items.unwrap() {
            item.retain(|name, _| name == "pk" || name == "sk");
            client.delete_item().table_name(table).set_key(Some(item)).send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_delivered_again_is_not_handled_again() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let app = process(&dynamo, &post);
    open(&app, "1", 3).await;
    open(&app, "2", 2).await;
    for round in 1..=2 {
        process(&dynamo, &post).run_until_idle().await.unwrap();
        assert_eq!((post.sent("welcome"), post.sent("receipt")), (2, 5), "round {round}");
        // Without `once`, the same delivery has its effect again.
        assert_eq!(post.sent("audit"), 2 * round);
        forget_positions(&dynamo).await;
    }
}

#[tokio::test]
async fn every_event_of_a_commit_has_a_record_of_its_own() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let app = process(&dynamo, &post);
    open(&app, "1", 0).await;
    app.execute(&bank::account("1"), DepositAll(vec![1, 2, 3])).await.unwrap();
    let consumer = app.consumer("receipt").unwrap();
    let message = &messages(&dynamo, &app, "1", 1).await[1..];
    post.answer([Answer::Send, Answer::Retry]);
    retried(consumer.take(message).await.remove(0));
    assert_eq!(post.sent("receipt"), 1);
    assert_eq!(consumer.take(message).await, [Verdict::Done]);
    assert_eq!(consumer.take(message).await, [Verdict::Done]);
    assert_eq!(post.sent("receipt"), 3);
}

#[tokio::test]
async fn what_failed_is_handled_again_at_once() {
    for answer in [Answer::Retry, Answer::Panic] {
        let (_, dynamo) = database().await;
        let post = Post::default();
        let app = process(&dynamo, &post);
        open(&app, "1", 1).await;
        post.answer([answer]);
        let reason = retried(take(&dynamo, &app, "receipt", 1).await);
        assert!(reason.contains("no stamps") || reason.contains("on purpose"), "{reason}");
        // Another process may take it, too: the lease of a minute was given back.
        let other = process(&dynamo, &post);
        assert_eq!(take(&dynamo, &other, "receipt", 2).await, Verdict::Done, "{answer:?}");
        assert_eq!(take(&dynamo, &app, "receipt", 3).await, Verdict::Done);
        assert_eq!(post.sent("receipt"), 1);
    }
}

#[tokio::test]
async fn a_dead_letter_that_is_redriven_is_handled_once() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let app = process(&dynamo, &post);
    open(&app, "1", 2).await;
    post.answer([Answer::Permanent; 3]);
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters();
    // The second deposit waits behind the first one.
    assert_eq!((letters.list().await.unwrap().len(), post.sent("receipt")), (4, 0));
    // Their leases were given back, so nothing prevents the redrive.
    assert_eq!(letters.redrive("receipt").await.unwrap().done, 2);
    assert_eq!(letters.redrive("welcome").await.unwrap().done, 1);
    forget_positions(&dynamo).await;
    process(&dynamo, &post).run_until_idle().await.unwrap();
    assert_eq!((post.sent("welcome"), post.sent("receipt")), (1, 2));
}

#[tokio::test]
async fn an_event_that_is_handled_costs_two_write_units() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let app = process_with(&dynamo, &post, |settings| settings.delivery.attempts = 1);
    open(&app, "1", 1).await;
    let consumer = app.consumer("receipt").unwrap();
    let message = &messages(&dynamo, &app, "1", 1).await[1..];
    let before = dynamo.cost();
    assert_eq!(consumer.take(message).await, [Verdict::Done]);
    let spent = dynamo.cost() - before;
    // A query for the streams of the queue that wait, a claim and a finish.
    assert_eq!((spent.requests, spent.write_units), (3, 2.0), "{spent}");
    let before = dynamo.cost();
    assert_eq!(consumer.take(message).await, [Verdict::Done]);
    assert_eq!((dynamo.cost() - before).requests, 2, "one that has been handled is a claim in vain");
}

#[tokio::test]
async fn an_inbox_that_cannot_be_had_is_no_failure_of_the_event() {
    for is_hit in [is_claim, is_finish] as [fn(&Call) -> bool; 2] {
        let (database, dynamo) = database().await;
        let down = Arc::new(AtomicBool::new(true));
        let plan = {
            let down = Arc::clone(&down);
            move |call: &Call| match down.load(Ordering::Relaxed) && is_hit(call) {
                true => Fault::Answer(400, "ThrottlingException"),
                false => Fault::None,
            }
        };
        let faults = Faults::new(&database, plan);
        let post = Post::default();
        // No lease has to be waited for: the claim of the run that could not finish it has expired at once.
        let app = process_with(&faults.dynamo_without_retries(), &post, |settings| {
            settings.inbox_lease = std::time::Duration::ZERO;
        });
        open(&app, "1", 1).await;
        for queue in ["receipt", "mail"] {
            let reason = retried(take(&dynamo, &app, queue, 1000).await);
            assert!(reason.contains("inbox"), "{reason}");
        }
        let error = app.run_until_idle().await.unwrap_err();
        assert!(matches!(error, DeliveryError::Outage { .. }) && error.is_transient(), "{error:?}");
        assert_eq!(app.dead_letters().list().await.unwrap(), []);
        down.store(false, Ordering::Relaxed);
        app.run_until_idle().await.unwrap();
        assert!(post.sent("receipt") > 0 && post.sent("welcome") > 0);
        assert_eq!(app.dead_letters().list().await.unwrap(), []);
    }
}
