use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Relay, RelaySettings};
use cqrs_tests::bank::{self, Deposit, Open};
use cqrs_tests::commits;
use cqrs_tests::faults::{Fault, Faults};
use serde_json::json;

use crate::requests::Answer;
use crate::topic::Topic;
use crate::{Clock, append, append_at, database, deposits, items};

/// A lease of a shard that the stream no longer lists, in which nothing after `acknowledged_at` was published.
pub(crate) async fn lose_shard(dynamo: &Dynamo, id: &str, acknowledged_at: Timestamp) {
    let text = |value: String| AttributeValue::S(value);
    dynamo
        .client()
        .put_item()
        .table_name(&dynamo.tables().delivery)
        .item("pk", text("RELAY#default".to_owned()))
        .item("sk", text(id.to_owned()))
        .item("position", text(format!("{:0>40}", 1)))
        .item("since", text((acknowledged_at - Duration::from_hours(1)).to_string()))
        .item("acknowledgedAt", text(acknowledged_at.to_string()))
        .send()
        .await
        .unwrap();
}

async fn leases(dynamo: &Dynamo) -> Vec<String> {
    let items = items(dynamo, "RELAY#default").await;
    items.iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
}

#[tokio::test]
async fn commits_that_the_stream_lost_are_published_from_the_table() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let acknowledged_at = Timestamp::now() - Duration::from_hours(30);
    let after = acknowledged_at + Duration::from_hours(1);
    let minutes = |minutes| acknowledged_at - Duration::from_mins(minutes);
    append_at(&dynamo, "before", 1..=3, minutes(16)).await;
    append_at(&dynamo, "margin", 1..=3, minutes(14)).await;
    append_at(&dynamo, "after", 1..=12, after).await;
    let mut import = commits::commit(&commits::stream("import"), 1, json!({}));
    Arc::make_mut(&mut import.metadata).recorded_at = Some(after);
    append(&dynamo, &import).await;
    let mut planned = commits::commit(&commits::stream("planned"), 1, json!({}));
    let metadata = Arc::make_mut(&mut planned.metadata);
    (metadata.created_at, metadata.recorded_at) = (Timestamp::now(), Some(minutes(16)));
    append(&dynamo, &planned).await;
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();

    lose_shard(&dynamo, "shardId-gone", acknowledged_at).await;
    append_at(&dynamo, "after", 13..=15, after).await;
    let (publisher, requests) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher);
    relay.run_until_idle().await.unwrap();
    // What the stream still has of `after` comes once from the table and once from the stream, in its order.
    for (stream, last) in [("ORDER#margin", 3), ("ORDER#after", 15), ("ORDER#import", 1)] {
        requests.check(&[stream], last, "a hole");
    }
    let mut arrived = requests.arrived();
    arrived.retain(|sk| !sk.starts_with("ORDER#after@"));
    arrived.sort();
    let import = "ORDER#import@0000000001".to_owned();
    let margin = (1..=3).map(|version| format!("ORDER#margin@{version:010}"));
    assert_eq!(arrived, std::iter::once(import).chain(margin).collect::<Vec<_>>(), "and nothing older");
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 0, "the hole is filled");
    assert_eq!(leases(&dynamo).await, ["@begun", "shardId-00000001-events"], "and forgotten");
}

#[tokio::test]
async fn a_position_that_the_stream_no_longer_knows_is_a_hole() {
    for operation in ["GetShardIterator", "GetRecords"] {
        let (database, dynamo, app) = database().await;
        let topic = Topic::standard().await;
        deposits(&app, &["1", "2"], 4).await;
        let (publisher, _) = topic.publisher();
        Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
        deposits(&app, &["1"], 3).await;

        let faults = Faults::at(&database, operation, 0, Fault::Answer(400, "TrimmedDataAccessException"));
        let (publisher, requests) = topic.publisher();
        let mut relay = Relay::new(&faults.dynamo(), &app, publisher);
        relay.run_until_idle().await.unwrap();
        requests.check(&["ACCOUNT#1"], 7, operation);
        requests.check(&["ACCOUNT#2"], 4, operation);
        assert_eq!(
            requests.arrived().len(),
            22,
            "{operation}: from the table, and from the oldest record of the shard"
        );
        assert_eq!(relay.run_until_idle().await.unwrap().commits, 0, "{operation}");
        assert_eq!(leases(&dynamo).await, ["@begun", "shardId-00000001-events"], "{operation}");
    }
}

#[tokio::test]
async fn an_iterator_that_is_gone_is_no_hole_while_its_position_is_there() {
    for code in ["TrimmedDataAccessException", "ExpiredIteratorException"] {
        let (database, _, app) = database().await;
        let topic = Topic::standard().await;
        deposits(&app, &["1", "2"], 4).await;
        // The first read of the shard has a new iterator, the second the one that the first left.
        let faults = Faults::at(&database, "GetRecords", 1, Fault::Answer(400, code));
        let (publisher, requests) = topic.publisher();
        Relay::new(&faults.dynamo(), &app, publisher).run_until_idle().await.unwrap();
        assert_eq!(requests.arrived().len(), 8, "{code}: from the stream alone");
    }
}

#[tokio::test]
async fn a_catch_up_that_is_interrupted_continues_where_it_was() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for _ in 2..=30 {
        app.execute(&key, Deposit { cents: 1, note: "x".repeat(100_000) }).await.unwrap();
    }
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();

    lose_shard(&dynamo, "shardId-gone", Timestamp::now() - Duration::from_hours(30)).await;
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    // A request holds two of these commits, a page of the table ten or eleven.
    let (publisher, requests) = topic.publisher_with(move |publish| match publish.number {
        8.. if !is_up.load(Ordering::SeqCst) => Answer::Error(503, "ServiceUnavailable"),
        _ => Answer::Through,
    });
    let mut relay = Relay::new(&dynamo, &app, publisher).settings(|settings| settings.segments = 1);
    assert!(relay.run_until_idle().await.unwrap_err().is_transient());
    let first = requests.arrived().len();
    up.store(true, Ordering::SeqCst);
    relay.run_until_idle().await.unwrap();
    requests.check(&["ACCOUNT#1"], 30, "a catch-up in two parts");
    let again = first + 30 - requests.arrived().len();
    assert!((10..first).contains(&again), "{again} of {first}: the first page is not published again");
}

#[tokio::test]
async fn a_catch_up_that_is_under_way_goes_back_for_an_older_hole() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let hours = |hours| Timestamp::now() - Duration::from_hours(hours);
    append_at(&dynamo, "older", 1..=2, hours(48)).await;
    append_at(&dynamo, "newer", 1..=2, hours(24)).await;
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    lose_shard(&dynamo, "shardId-newer", hours(30)).await;
    let (publisher, _) = topic.publisher_with(|_| Answer::Error(503, "ServiceUnavailable"));
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap_err();
    assert!(leases(&dynamo).await.iter().any(|id| id.starts_with("@catch-up#")));

    lose_shard(&dynamo, "shardId-older", hours(50)).await;
    let clock = Timestamp::now() + Duration::from_mins(1);
    let (publisher, requests) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).clock(move || clock).run_until_idle().await.unwrap();
    requests.check(&["ORDER#older", "ORDER#newer"], 2, "two holes");
}

/// Two segments, and leases that the next relay need not watch for long.
fn short(settings: &mut RelaySettings) {
    settings.segments = 2;
    settings.lease = Duration::from_millis(100);
}

#[tokio::test]
async fn a_crash_at_any_request_amid_a_hole_loses_nothing() {
    let topic = Topic::standard().await;
    let mut number = 0;
    loop {
        let (database, dynamo, app) = database().await;
        let now = Clock::new();
        let hours = |hours| now.now() - Duration::from_hours(hours);
        append_at(&dynamo, "lost", 1..=2, hours(29)).await;
        let (publisher, _) = topic.publisher();
        Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
        lose_shard(&dynamo, "shardId-gone", hours(30)).await;
        append_at(&dynamo, "new", 1..=2, hours(0)).await;

        let faults = Faults::new(&database, move |call| match call.number {
            before if before < number => Fault::None,
            _ => Fault::Reset,
        });
        let (publisher, first) = topic.publisher();
        let mut crashing =
            Relay::new(&faults.dynamo_without_retries(), &app, publisher).clock(now.read()).settings(short);
        let crashed = crashing.run_until_idle().await;
        now.forward(Duration::from_mins(1));
        let (publisher, second) = topic.publisher();
        let mut relay = Relay::new(&dynamo, &app, publisher).clock(now.read()).settings(short);
        relay.run_until_idle().await.unwrap();
        let mut arrived = [first.arrived(), second.arrived()].concat();
        arrived.sort();
        arrived.dedup();
        let all: Vec<_> = [("lost", 1), ("lost", 2), ("new", 1), ("new", 2)]
            .map(|(stream, version)| format!("ORDER#{stream}@{version:010}"))
            .into();
        assert_eq!(arrived, all, "a crash at request {number}");
        assert_eq!(
            leases(&dynamo).await,
            ["@begun", "shardId-00000001-events"],
            "a crash at request {number}"
        );
        if crashed.is_ok() {
            assert!(number > 20, "{number}");
            return;
        }
        number += 1;
    }
}

#[tokio::test]
async fn a_catch_up_that_is_asked_for_publishes_what_was_recorded_since_and_touches_no_shard() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let since = Timestamp::now() - Duration::from_hours(30);
    append_at(&dynamo, "before", 1..=3, since - Duration::from_mins(16)).await;
    append_at(&dynamo, "margin", 1..=3, since - Duration::from_mins(14)).await;
    append_at(&dynamo, "after", 1..=12, since + Duration::from_hours(1)).await;
    deposits(&app, &["1"], 2).await;
    // The topic is away for a while.
    let (publisher, requests) = topic.publisher_with(|publish| match publish.number {
        0..4 => Answer::Error(503, "ServiceUnavailable"),
        _ => Answer::Through,
    });
    let hasty = |settings: &mut cqrs_dynamo::RelaySettings| settings.poll = Duration::from_millis(1);
    let caught_up = Relay::new(&dynamo, &app, publisher).settings(hasty).catch_up(since).await.unwrap();
    // A page that was interrupted is published again.
    assert!(caught_up.commits >= 3 + 12 + 2, "{caught_up:?}");
    for (stream, last) in [("ORDER#margin", 3), ("ORDER#after", 12), ("ACCOUNT#1", 2)] {
        requests.check(&[stream], last, "a catch-up");
    }
    assert!(!requests.arrived().iter().any(|sk| sk.starts_with("ORDER#before")));
    assert_eq!(leases(&dynamo).await, [""; 0], "it is done, and whoever reads the stream has its position");
}

#[tokio::test]
async fn a_catch_up_that_dies_is_done_by_the_next_one() {
    let topic = Topic::standard().await;
    let mut number = 0;
    loop {
        let (database, dynamo, app) = database().await;
        let now = Clock::new();
        let since = now.now() - Duration::from_hours(30);
        append_at(&dynamo, "lost", 1..=2, since).await;
        let faults = Faults::new(&database, move |call| match call.number {
            before if before < number => Fault::None,
            _ => Fault::Answer(400, "AccessDeniedException"),
        });
        let (publisher, first) = topic.publisher();
        let mut dying =
            Relay::new(&faults.dynamo_without_retries(), &app, publisher).clock(now.read()).settings(short);
        let died = dying.catch_up(since).await;
        now.forward(Duration::from_mins(1));
        let (publisher, second) = topic.publisher();
        Relay::new(&dynamo, &app, publisher).clock(now.read()).settings(short).catch_up(since).await.unwrap();
        let mut arrived = [first.arrived(), second.arrived()].concat();
        arrived.sort();
        arrived.dedup();
        assert_eq!(
            arrived,
            ["ORDER#lost@0000000001", "ORDER#lost@0000000002"],
            "it died at request {number}"
        );
        assert_eq!(leases(&dynamo).await, [""; 0], "it died at request {number}");
        if died.is_ok() {
            assert!(number > 8, "{number}");
            return;
        }
        number += 1;
    }
}

#[tokio::test]
async fn two_relays_that_see_a_hole_at_once_lose_nothing() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let accounts = ["1", "2", "3", "4", "5", "6"];
    deposits(&app, &accounts, 4).await;
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    lose_shard(&dynamo, "shardId-gone", Timestamp::now() - Duration::from_hours(30)).await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (publisher, requests) = topic.publisher();
        let mut relay = Relay::new(&dynamo, &app, publisher);
        running.spawn(async move {
            relay.run_until_idle().await.unwrap();
            requests.arrived()
        });
    }
    let mut arrived: Vec<_> = running.join_all().await.concat();
    arrived.sort();
    arrived.dedup();
    assert_eq!(arrived.len(), 24);
    assert_eq!(leases(&dynamo).await, ["@begun", "shardId-00000001-events"]);
}
