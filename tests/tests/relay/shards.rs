use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::Commit;
use cqrs_core::delivery::{ChangeFeed, Positions};
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
use cqrs_tests::faults::{Fault, Faults, at};
use cqrs_tests::{bank, commits};
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
        let mut commit: Commit = commits::commit(&commits::stream(stream), version, json!({}));
        Arc::make_mut(&mut commit.metadata).created_at = Timestamp::now();
        cqrs_tests::commits::append(&dynamo.event_store(), &commit).await.unwrap();
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
    // The clock stands still, so no lease runs out; the time of a lease is how often the relays look around.
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
    // Everything is read except B, which is empty. A day and a half later B is gone, and so is what followed it.
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

#[tokio::test]
async fn where_a_shard_ends_its_children_are_asked_for_and_nothing_else() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    for id in ["A", "X"] {
        tree.grow(id, None);
    }
    put(&dynamo, &tree, "A", "1", 1..=4).await;
    put(&dynamo, &tree, "X", "2", 1..=2).await;
    let mut feed = dynamo.event_store().feed();
    let mut positions = Positions::new();
    let mut read = async |positions: &mut Positions| {
        let mut count = 0;
        loop {
            let changes = feed.read(positions).await.unwrap().changes;
            if changes.is_empty() {
                return count;
            }
            count += changes.len();
            positions.extend(changes.into_iter().map(|change| (change.shard, change.position)));
        }
    };
    assert_eq!(read(&mut positions).await, 6);
    assert_eq!(tree.asked(), [""]);
    for id in ["B", "C"] {
        tree.grow(id, Some("A"));
    }
    put(&dynamo, &tree, "B", "1", 5..=6).await;
    put(&dynamo, &tree, "C", "3", 1..=1).await;
    assert_eq!(read(&mut positions).await, 3);
    assert_eq!(tree.asked(), ["A"]);
    // A shard that ends without children: the others are looked for.
    tree.close("X");
    tree.grow("Y", None);
    put(&dynamo, &tree, "Y", "4", 1..=1).await;
    assert_eq!(read(&mut positions).await, 1);
    assert_eq!(tree.asked(), ["X", ""]);
}

#[tokio::test]
async fn a_relay_asks_for_the_children_of_a_shard_that_ends() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    tree.grow("A", None);
    put(&dynamo, &tree, "A", "1", 1..=4).await;
    for id in ["B", "C"] {
        tree.grow(id, Some("A"));
    }
    put(&dynamo, &tree, "B", "1", 5..=6).await;
    put(&dynamo, &tree, "C", "3", 1..=1).await;
    // Listed already, or to be found.
    for found in [false, true] {
        let topic = Topic::standard().await;
        let (publisher, requests) = topic.publisher();
        let mut relay = relay(&dynamo, publisher).settings(|settings| settings.name = found.to_string());
        if found {
            tree.grow("D", Some("B"));
            put(&dynamo, &tree, "D", "1", 7..=8).await;
        }
        relay.run_until_idle().await.unwrap();
        requests.check(&["ORDER#1"], if found { 8 } else { 6 }, "in the children");
        let asked = tree.asked();
        assert_eq!(asked.first().zip(asked.last()), Some((&String::new(), &String::new())));
        let children = if found { vec!["A", "B"] } else { vec!["A"] };
        assert_eq!(asked[1..asked.len() - 1], children);
    }
}

#[tokio::test]
async fn a_feed_that_could_not_ask_for_children_looks_at_once_the_next_time() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    tree.grow("A", None);
    put(&dynamo, &tree, "A", "1", 1..=1).await;
    let faults = Faults::over(tree.sdk_config(), at("DescribeStream", 1, Fault::Reset));
    let mut feed = faults.dynamo_without_retries().event_store().feed();
    let mut positions = Positions::new();
    for change in feed.read(&positions).await.unwrap().changes {
        positions.insert(change.shard, change.position);
    }
    tree.grow("B", Some("A"));
    put(&dynamo, &tree, "B", "1", 2..=2).await;
    feed.read(&positions).await.unwrap_err();
    assert_eq!(feed.read(&positions).await.unwrap().changes.len(), 1);
}

#[tokio::test]
async fn a_shard_that_another_relay_has_seen_to_be_gone_is_no_hole() {
    let tree = Tree::new();
    let dynamo = tree.dynamo().await;
    for id in ["P", "A"] {
        tree.grow(id, None);
    }
    put(&dynamo, &tree, "P", "1", 1..=2).await;
    put(&dynamo, &tree, "A", "2", 1..=2).await;
    tree.close("P");
    let topic = Topic::standard().await;
    let (publisher, requests) = topic.publisher();
    // It looks around when a shard ends, and not before.
    let mut relay = relay(&dynamo, publisher).settings(|settings| {
        settings.lease = Duration::from_hours(1);
        settings.poll = Duration::from_millis(1);
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move { relay.run(async { drop(stopped.await) }).await });
    // The first list, the question for children of P, and the second list.
    let mut asked = Vec::new();
    while asked.len() < 3 || requests.arrived().len() < 4 {
        asked.extend(tree.asked());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(asked, ["", "P", ""]);

    tree.cut("P");
    let delete = dynamo.client().delete_item().table_name(&dynamo.tables().delivery);
    let delete = delete.key("pk", AttributeValue::S("RELAY#default".to_owned()));
    delete.key("sk", AttributeValue::S("P".to_owned())).send().await.unwrap();
    tree.grow("B", Some("A"));
    put(&dynamo, &tree, "B", "2", 3..=3).await;
    until(|| async { requests.arrived().iter().any(|sk| sk == "ORDER#2@0000000003") }).await;
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(requests.arrived().len(), 5, "nothing is published from the table");
}
