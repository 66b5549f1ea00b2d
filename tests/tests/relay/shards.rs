use std::sync::Arc;
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::{Commit, EventStore};
use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
use cqrs_tests::{bank, conformance};
use serde_json::json;
use tokio::sync::{Notify, oneshot};

use crate::requests::{Answer, Publish};
use crate::topic::Topic;
use crate::tree::Tree;
use crate::{Clock, owners, until};

/// Commits of a stream in a shard of the stream, and in the table.
async fn put(
    dynamo: &Dynamo,
    tree: &Tree,
    shard: &str,
    stream: &str,
    versions: std::ops::RangeInclusive<u64>,
) {
    for version in versions {
        let mut commit: Commit = conformance::commit(&conformance::stream(stream), version, json!({}));
        Arc::make_mut(&mut commit.metadata).created_at = Timestamp::now();
        dynamo.event_store().append(&commit).await.unwrap();
        tree.put(shard, &commit);
    }
}

fn relay(dynamo: &Dynamo, publisher: SnsPublisher) -> Relay<SnsPublisher> {
    Relay::new(dynamo, &bank::app(dynamo.event_store()).unwrap(), publisher)
}

#[tokio::test]
async fn shards_are_read_parents_before_children() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    // The children are listed first, and every stream goes on in them.
    for (id, parent) in
        [("D", Some("C")), ("B", Some("A")), ("C", Some("A")), ("A", None), ("E", Some("gone"))]
    {
        tree.grow(id, parent);
    }
    for (shard, stream, versions) in [
        ("A", "1", 1..=4),
        ("A", "2", 1..=3),
        ("B", "1", 5..=6),
        ("C", "2", 4..=8),
        ("D", "2", 9..=9),
        ("E", "3", 1..=2),
    ] {
        put(&dynamo, &tree, shard, stream, versions).await;
    }
    for parent in ["A", "C"] {
        tree.grow(&format!("{parent}-late"), Some(parent));
    }
    let topic = Topic::standard().await;
    let (publisher, requests) = topic.publisher();
    let mut relay = relay(&dynamo, publisher);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 17);
    for (stream, last) in [("ORDER#1", 6), ("ORDER#2", 9), ("ORDER#3", 2)] {
        requests.check(&[stream], last, "a tree");
    }
    assert_eq!(requests.arrived().len(), 17);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 0);
}

#[tokio::test]
async fn a_child_waits_for_a_parent_that_another_relay_reads() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    for (id, parent) in [("A", None), ("B", Some("A")), ("X", None)] {
        tree.grow(id, parent);
    }
    put(&dynamo, &tree, "A", "1", 1..=3).await;
    put(&dynamo, &tree, "B", "1", 4..=5).await;
    let topic = Topic::standard().await;
    let go = Arc::new(Notify::new());
    let held = Answer::Held(Arc::clone(&go));
    let (publisher, first) = topic.publisher_with(move |publish: &Publish| match publish.number {
        0 => held.clone(),
        _ => Answer::Through,
    });
    let mut reading = relay(&dynamo, publisher);
    let reading = tokio::spawn(async move { reading.run_until_idle().await });
    until(|| async { first.count() == 1 }).await;

    put(&dynamo, &tree, "X", "9", 1..=2).await;
    let (publisher, second) = topic.publisher();
    let mut waiting = relay(&dynamo, publisher);
    waiting.run_until_idle().await.unwrap();
    assert!(second.arrived().iter().all(|sk| sk.starts_with("ORDER#9@")), "{second:?}");
    go.notify_one();
    reading.await.unwrap().unwrap();
    waiting.run_until_idle().await.unwrap();
    let mut arrived = [first.arrived(), second.arrived()].concat();
    arrived.retain(|sk| sk.starts_with("ORDER#1@"));
    let all: Vec<_> = (1..=5).map(|version| format!("ORDER#1@{version:010}")).collect();
    assert_eq!(arrived, all);
}

#[tokio::test]
async fn two_relays_share_the_shards_and_do_nothing_twice() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    let shards = ["A", "B", "C", "D", "E"];
    for shard in shards {
        tree.grow(shard, None);
    }
    let topic = Topic::standard().await;
    // The clock stands, so no lease runs out; the time of a lease is how often the relays look around.
    let clock = Clock::new();
    let mut running = Vec::new();
    for _ in 0..2 {
        let (publisher, requests) = topic.publisher();
        let mut relay = relay(&dynamo, publisher).clock(clock.read()).settings(|settings| {
            settings.lease = Duration::from_millis(300);
            settings.poll = Duration::from_millis(5);
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move { relay.run(async { drop(stopped.await) }).await });
        running.push((requests, stop, task));
        if running.len() == 1 {
            until(|| async { owners(&dynamo).await.len() == 1 }).await;
        }
    }
    until(|| async {
        let mut shares: Vec<_> = owners(&dynamo).await.into_values().collect();
        shares.sort_unstable();
        shares == [2, 3]
    })
    .await;
    for (number, shard) in shards.iter().enumerate() {
        put(&dynamo, &tree, shard, &number.to_string(), 1..=7).await;
    }
    let arrived = || running.iter().flat_map(|(requests, _, _)| requests.arrived()).collect::<Vec<_>>();
    until(|| async { arrived().len() >= 35 }).await;
    let mut all = arrived();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 35);
    assert!(running.iter().all(|(requests, _, _)| requests.count() > 0));

    // A shard that splits while they run is followed.
    tree.grow("A1", Some("A"));
    tree.grow("A2", Some("A"));
    put(&dynamo, &tree, "A1", "0", 8..=9).await;
    put(&dynamo, &tree, "A2", "8", 1..=1).await;
    until(|| async { arrived().len() >= 38 }).await;
    let mut published = 0;
    for (_, stop, task) in running {
        stop.send(()).unwrap();
        published += task.await.unwrap().unwrap().commits;
    }
    assert_eq!(published, 38, "nothing twice");
    assert_eq!(owners(&dynamo).await, [].into(), "what is held is handed back");
}

#[tokio::test]
async fn a_shard_whose_forebears_are_gone_is_a_hole_that_the_table_fills() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    let topic = Topic::standard().await;
    let clock = Clock::new();
    tree.grow("A", None);
    put(&dynamo, &tree, "A", "1", 1..=2).await;
    let (publisher, requests) = topic.publisher();
    let mut relay = relay(&dynamo, publisher).clock(clock.read());
    tree.grow("B", Some("A"));
    relay.run_until_idle().await.unwrap();
    // All is read but B, which is empty. A day and a half later B is gone, and so is what followed it.
    put(&dynamo, &tree, "B", "1", 3..=4).await;
    tree.grow("C", Some("B"));
    put(&dynamo, &tree, "C", "1", 5..=6).await;
    tree.grow("D", Some("C"));
    put(&dynamo, &tree, "D", "1", 7..=8).await;
    for shard in ["A", "B", "C"] {
        tree.cut(shard);
    }
    clock.forward(Duration::from_hours(36));
    relay.run_until_idle().await.unwrap();
    requests.check(&["ORDER#1"], 8, "after a day and a half");
}
