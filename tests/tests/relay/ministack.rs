//! The same on MiniStack: its stream, its conditions, its scan, its topics and queues.

use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Relay};
use cqrs_tests::bank::{self, Deposit, Open};
use cqrs_tests::emulator::Emulator;

use crate::catch_up::lose_shard;
use crate::topic::Topic;
use crate::{append_at, deposits, items, until};

/// Tables of their own, and an app that executes commands on them.
async fn database() -> (Dynamo, App) {
    let dynamo = Emulator::ministack().dynamo().await;
    let app = bank::app(dynamo.event_store()).unwrap();
    (dynamo, app)
}

#[tokio::test]
async fn every_commit_is_published_once_and_the_position_is_kept() {
    let (dynamo, app) = database().await;
    let topic = Topic::on(Emulator::ministack(), "").await;
    let inbox = topic.inbox(None).await;
    deposits(&app, &["1", "2", "3"], 20).await;
    let (publisher, requests) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 60);
    assert_eq!((requests.arrived().len(), relay.run_until_idle().await.unwrap().commits), (60, 0));

    deposits(&app, &["2"], 5).await;
    let (publisher, more) = topic.publisher();
    let another = Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    assert_eq!(
        (another.commits, more.arrived().len()),
        (5, 5),
        "another relay goes on where the first stopped"
    );
    let mut sks = inbox.sks().await;
    sks.sort();
    sks.dedup();
    assert_eq!(sks.len(), 65);
    requests.check(&["ACCOUNT#1", "ACCOUNT#2", "ACCOUNT#3"], 20, "the first relay");
}

#[tokio::test]
async fn large_commits_come_through_the_stream() {
    let (dynamo, app) = database().await;
    let topic = Topic::on(Emulator::ministack(), "").await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    // More than the megabyte that one read of the stream brings.
    for bytes in [399_000, 300_000, 390_000, 100_000, 390_000, 10] {
        app.execute(&key, Deposit { cents: 1, note: "x".repeat(bytes) }).await.unwrap();
    }
    let (publisher, requests) = topic.publisher();
    assert_eq!(Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap().commits, 7);
    requests.check(&["ACCOUNT#1"], 7, "large commits");
}

#[tokio::test]
async fn relays_share_the_shards_while_commits_come() {
    let (dynamo, app) = database().await;
    let topic = Topic::on(Emulator::ministack(), "").await;
    let mut running = Vec::new();
    for _ in 0..2 {
        let (publisher, requests) = topic.publisher();
        let mut relay = Relay::new(&dynamo, &app, publisher).settings(|settings| {
            settings.poll = Duration::from_millis(20);
        });
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(async move { relay.run(async { drop(stopped.await) }).await });
        running.push((requests, stop, task));
    }
    deposits(&app, &["1", "2"], 15).await;
    let arrived = || running.iter().flat_map(|(requests, _, _)| requests.arrived()).collect::<Vec<_>>();
    until(|| async { arrived().len() >= 30 }).await;
    let all = arrived();
    let mut published = 0;
    for (_, stop, task) in running {
        stop.send(()).unwrap();
        published += task.await.unwrap().unwrap().commits;
    }
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!((distinct.len(), published), (30, 30), "nothing twice");
    let held = items(&dynamo, "RELAY#default").await.iter().any(|lease| lease.contains_key("owner"));
    assert!(!held, "what is held is handed back");
}

#[tokio::test]
async fn commits_that_the_stream_lost_are_published_from_the_table() {
    let (dynamo, app) = database().await;
    let topic = Topic::on(Emulator::ministack(), "").await;
    let acknowledged_at = Timestamp::now() - Duration::from_hours(30);
    append_at(&dynamo, "before", 1..=3, acknowledged_at - Duration::from_hours(1)).await;
    append_at(&dynamo, "after", 1..=12, acknowledged_at + Duration::from_hours(1)).await;
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    lose_shard(&dynamo, "shardId-gone", acknowledged_at).await;
    let (publisher, requests) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher);
    relay.run_until_idle().await.unwrap();
    requests.check(&["ORDER#after"], 12, "a hole");
    assert_eq!(requests.arrived().len(), 12, "and nothing older");
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 0, "the hole is filled");
}
