use std::sync::Arc;
use std::time::Duration;

use cqrs_core::Timestamp;
use cqrs_core::delivery::DeliveryError;
use cqrs_dynamo::{Dynamo, Relay};
use cqrs_tests::faults::{Call, Fault, Faults};
use tokio::sync::Notify;

use crate::requests::{Answer, Publish};
use crate::topic::Topic;
use crate::{Clock, database, deposits, items, owners, until};

/// The position of the only shard, if it has one.
async fn position(dynamo: &Dynamo) -> Option<String> {
    let items = items(dynamo, "RELAY#default").await;
    items.iter().find_map(|item| Some(item.get("position")?.as_s().unwrap().clone()))
}

#[tokio::test]
async fn a_relay_waits_for_the_one_that_works_and_takes_over_when_its_lease_has_run_out() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    let (publisher, first) = topic.publisher();
    let mut working = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    let working = tokio::spawn(async move { working.run(std::future::pending()).await });
    deposits(&app, &["1"], 5).await;
    until(|| async { first.arrived().len() == 5 }).await;
    let (publisher, second) = topic.publisher();
    let mut waiting = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0);

    until(|| async { position(&dynamo).await.is_some() }).await;
    working.abort();
    working.await.unwrap_err();
    deposits(&app, &["1"], 3).await;
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0, "nobody knows yet that it has died");
    clock.forward(Duration::from_secs(29));
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0);
    clock.forward(Duration::from_secs(1));
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 3);
    let arrived = [first.arrived(), second.arrived()].concat();
    let all: Vec<_> = (1..=8).map(|version| format!("ACCOUNT#1@{version:010}")).collect();
    assert_eq!(arrived, all);
}

#[tokio::test]
async fn a_crash_between_publishing_and_keeping_the_position_publishes_again() {
    for fault in [Fault::Reset, Fault::AnswerLost] {
        let (database, dynamo, app) = database().await;
        let topic = Topic::standard().await;
        deposits(&app, &["1"], 5).await;
        let plan = move |call: &Call| {
            let keeps = call.operation == "UpdateItem" && call.body.contains(":position");
            if keeps { fault } else { Fault::None }
        };
        let faulty = Faults::new(&database, plan).dynamo_without_retries();
        let clock = Clock::new();
        let (publisher, first) = topic.publisher();
        let mut crashing = Relay::new(&faulty, &app, publisher).clock(clock.read());
        let error = crashing.run_until_idle().await.unwrap_err();
        assert!(matches!(error, DeliveryError::Ledger { .. }) && error.is_transient(), "{error:?}");
        assert_eq!(first.arrived().len(), 5);

        clock.forward(Duration::from_secs(30));
        deposits(&app, &["1"], 1).await;
        let (publisher, second) = topic.publisher();
        let mut relay = Relay::new(&dynamo, &app, publisher).clock(clock.read());
        relay.run_until_idle().await.unwrap();
        // Where the answer alone was lost, the position had been kept.
        let again = if fault == Fault::Reset { 6 } else { 1 };
        assert_eq!(second.arrived().len(), again, "{fault:?}");
    }
}

#[tokio::test]
async fn a_relay_that_lost_its_lease_leaves_the_shard_alone() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    deposits(&app, &["1"], 5).await;
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |publish: &Publish| match publish.number {
        0 => held.clone(),
        _ => Answer::Through,
    });
    let mut slow = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    let slow = tokio::spawn(async move { slow.run_until_idle().await });
    until(|| async { first.count() == 1 }).await;

    clock.forward(Duration::from_secs(30));
    let (publisher, second) = topic.publisher();
    let mut quick = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let quick = tokio::spawn(async move { quick.run(async { drop(stopped.await) }).await });
    deposits(&app, &["1"], 2).await;
    until(|| async { second.arrived().len() == 7 }).await;
    until(|| async { position(&dynamo).await.is_some() }).await;
    let kept = position(&dynamo).await;
    go.notify_one();
    slow.await.unwrap().unwrap();
    assert_eq!(position(&dynamo).await, kept, "the position does not go back");
    assert_eq!(first.count(), 1, "what follows is the other relay's");
    assert_eq!(owners(&dynamo).await.len(), 1);
    stop.send(()).unwrap();
    assert_eq!(quick.await.unwrap().unwrap().commits, 7);
}

#[tokio::test]
async fn a_relay_keeps_its_lease_as_long_as_publishing_takes() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    deposits(&app, &["1"], 5).await;
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |_| held.clone());
    let lease = Duration::from_millis(300);
    let mut slow =
        Relay::new(&dynamo, &app, publisher).clock(clock.read()).settings(|settings| settings.lease = lease);
    let slow = tokio::spawn(async move { slow.run_until_idle().await });
    until(|| async { first.count() == 1 }).await;
    for _ in 0..3 {
        clock.forward(lease / 2);
        let renewed = (clock.now() + lease).to_string();
        until(|| async {
            let items = items(&dynamo, "RELAY#default").await;
            items.iter().any(|item| item.get("until").is_some_and(|until| *until.as_s().unwrap() == renewed))
        })
        .await;
    }
    let (publisher, _) = topic.publisher();
    let mut waiting = Relay::new(&dynamo, &app, publisher).clock(clock.read());
    assert_eq!(waiting.run_until_idle().await.unwrap().commits, 0);
    go.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().commits, 5);
}

#[tokio::test]
async fn a_relay_rides_out_what_passes_and_stops_when_it_is_told_to() {
    let (database, _, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 12).await;
    let faults = Faults::new(&database, |call| match (call.operation.as_str(), call.number % 4) {
        ("GetRecords" | "UpdateItem" | "Query", 0) => Fault::Answer(400, "ThrottlingException"),
        ("GetShardIterator" | "DescribeStream", 1) => Fault::Reset,
        _ => Fault::None,
    });
    let (publisher, requests) = topic.publisher_with(|publish| match publish.number {
        0..3 => Answer::Error(503, "ServiceUnavailable"),
        _ => Answer::Through,
    });
    let mut relay = Relay::new(&faults.dynamo_without_retries(), &app, publisher)
        .settings(|settings| settings.poll = Duration::from_millis(1));
    let done = until(|| async { requests.arrived().len() >= 12 });
    relay.run(done).await.unwrap();
    requests.check(&["ACCOUNT#1"], 12, "through many faults");
}

#[tokio::test]
async fn a_relay_that_fails_while_it_stops_has_stopped() {
    let (database, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 5).await;
    let faults = Faults::new(&database, |call| match call.body.contains(":position") {
        true => Fault::Reset,
        false => Fault::None,
    });
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |_| held.clone());
    let mut failing = Relay::new(&faults.dynamo_without_retries(), &app, publisher);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let heard = Arc::new(Notify::new());
    let hear = Arc::clone(&heard);
    let failing = tokio::spawn(async move {
        let shutdown = async {
            drop(stopped.await);
            hear.notify_one();
        };
        failing.run(shutdown).await
    });
    until(|| async { first.count() == 1 }).await;
    stop.send(()).unwrap();
    heard.notified().await;
    // It has seen that it is to stop, and now it cannot keep its position.
    go.notify_one();
    assert_eq!(failing.await.unwrap().unwrap().commits, 5, "as far as the topic goes");

    let later = Timestamp::now() + Duration::from_mins(1);
    let (publisher, second) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher).clock(move || later);
    relay.run_until_idle().await.unwrap();
    second.check(&["ACCOUNT#1"], 5, "nothing is lost");
}
