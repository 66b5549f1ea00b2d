//! What the first builds of this program stored stays readable: all items of their tables, and the bodies of their
//! messages.
//!
//! `items.json` was written by [`record`](record::record) as commit 92f0848 built it. It is never written anew: what a
//! later build stores in addition goes into a file of its own, such as `written.json`, of commit 65ac836. [`written`]
//! also holds what is written to it.

mod diary;
mod items;
mod lab;
mod press;
mod record;
mod scenes;
mod written;

use cqrs_core::Outcome;
use cqrs_core::commit::Commit;
use cqrs_core::delivery::{Body, DeliveryStore, Received, Verdict};
use cqrs_core::store::{EventStore, Extent};
use cqrs_dynamo::Dynamo;

use items::{golden, put_all};
use lab::{Calls, Close, Laboratory, Sample, Sheet, app, key, laboratory, told};

const IDS: [&str; 4] = ["old", "plain", "edge", "bad"];

/// A database with all golden items.
async fn database() -> Dynamo {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    put_all(&dynamo, &golden()["tables"]).await;
    dynamo
}

fn called(calls: &Calls) -> Vec<String> {
    calls.lock().unwrap().clone()
}

#[tokio::test]
async fn every_stream_and_view_reads_as_it_did() {
    let dynamo = database().await;
    for snapshots in [false, true] {
        let app = app(&dynamo, &Calls::default(), snapshots);
        for id in IDS {
            assert_eq!(told(&app, id).await, golden()["told"][id], "{id}, with snapshots: {snapshots}");
        }
        for lab in ["north", "south"] {
            let view = app.view::<Laboratory>(&laboratory(lab)).await.unwrap();
            assert_eq!(format!("{view:?}"), golden()["laboratories"][lab].as_str().unwrap(), "{lab}");
        }
    }
}

#[tokio::test]
async fn a_command_that_was_sent_then_is_known_now() {
    let dynamo = database().await;
    for snapshots in [false, true] {
        let app = app(&dynamo, &Calls::default(), snapshots);
        let again = Sample { lab: "north".into(), batch: Some(7) };
        let done = app.execute(&key("plain"), again).command_id("sample-7").await.unwrap();
        assert_eq!((done.outcome, done.version.get()), (Outcome::Duplicate, 1));
    }
}

/// Fences, inbox and dead letters: what was done is not done again, and what waited is found.
#[tokio::test]
async fn the_delivery_continues_where_it_was() {
    let dynamo = database().await;
    let calls = Calls::default();
    // The handler now accepts what it refused then.
    calls.lock().unwrap().push("repaired".to_owned());
    let app = app(&dynamo, &calls, true);
    let letters = app.dead_letters().list().await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(
        (letters[0].id.subscriber.as_str(), letters[0].id.sk.as_str()),
        ("label", "SAMPLE#bad@0000000001")
    );
    assert!(letters[0].reason.contains("no such batch"), "{}", letters[0].reason);

    // The stream of this database is another one, so that all commits are delivered once more.
    app.run_until_idle().await.unwrap();
    for id in IDS {
        assert_eq!(told(&app, id).await, golden()["told"][id], "{id}");
    }
    assert_eq!(called(&calls), ["repaired"], "the inbox knows what is done, and the letter waits");
    app.dead_letters().redrive("label").await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(called(&calls), ["repaired", "SAMPLE#bad@1"]);
    assert_eq!(app.dead_letters().list().await.unwrap(), []);

    app.execute(&key("plain"), Close).await.unwrap();
    app.execute(&key("new"), Sample { lab: "north".into(), batch: None }).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert!(app.view::<Sheet>(&key("plain")).await.unwrap().unwrap().closed);
    let before: u64 = golden()["samples in north"].as_u64().unwrap();
    let north = app.view::<Laboratory>(&laboratory("north")).await.unwrap().unwrap();
    assert_eq!(north.samples, before + 1);
}

#[tokio::test]
async fn a_replay_that_was_underway_comes_to_its_end() {
    let dynamo = database().await;
    let app = app(&dynamo, &Calls::default(), false);
    app.replay::<Laboratory>().await.unwrap();
    app.replay::<Sheet>().await.unwrap();
    for id in IDS {
        assert_eq!(told(&app, id).await, golden()["told"][id], "{id}");
    }
    for lab in ["north", "south"] {
        let view = app.view::<Laboratory>(&laboratory(lab)).await.unwrap();
        assert_eq!(format!("{view:?}"), golden()["laboratories"][lab].as_str().unwrap(), "{lab}");
    }
}

#[tokio::test]
async fn a_message_that_was_on_its_way_is_its_commit() {
    let dynamo = database().await;
    let app = app(&dynamo, &Calls::default(), false);
    let messages = golden()["messages"].as_array().unwrap();
    let commits = commits(&dynamo).await;
    assert_eq!(messages.len(), commits.len());
    for message in messages.iter().map(|body| body.as_str().unwrap()) {
        let Body::Commit(commit) = Body::parse(message).unwrap() else { panic!("{message}") };
        assert!(commits.contains(&commit), "{commit:#?}");
        let received = Received::new(message.to_owned());
        let verdicts = app.consumer("Laboratory").unwrap().take(&[received]).await;
        assert_eq!(verdicts, [Verdict::Done], "{message}");
    }
}

#[tokio::test]
async fn positions_and_leases_are_found() {
    let dynamo = database().await;
    for item in golden()["tables"]["delivery"].as_array().unwrap() {
        let text = |name: &str| item[name]["S"].as_str();
        if let Some(subscriber) = text("pk").and_then(|pk| pk.strip_prefix("POSITION#")) {
            let positions = dynamo.event_store().delivery().positions(subscriber).await.unwrap();
            assert_eq!(positions.get(text("sk").unwrap()).map(String::as_str), text("position"));
        }
    }
}

/// All commits of the store.
async fn commits(dynamo: &Dynamo) -> Vec<Commit> {
    let page = dynamo.event_store().scan(&Extent::Segment { number: 0, of: 1 }, None).await.unwrap();
    assert_eq!(page.next, None);
    page.commits
}
