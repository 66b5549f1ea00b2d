//! Snapshots that cannot be read, cannot be written, or cannot be believed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::{Call, Fault, Faults, database};
use tokio::sync::Notify;

use crate::ledger::every_4::{Ledger, key};
use crate::ledger::{Book, Keep, apart, stored};

fn app(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).settings(apart).only([]).build().unwrap()
}

/// An embedded DynamoDB with ten commits of 1 to 10, and a snapshot at 8.
async fn written() -> (Embedded, Dynamo) {
    let (database, dynamo) = database().await;
    let app = app(&dynamo);
    for amount in 1..=10 {
        app.execute(&key("1"), Book(vec![amount])).command_id(format!("c-{amount}")).await.unwrap();
    }
    assert_eq!(stored(&dynamo.snapshots(), &key("1")).await.unwrap().version, Version::new(8));
    (database, dynamo)
}

fn is_whole(loaded: &Loaded<Ledger>, version: u64) {
    let amounts: Vec<_> = (1..=version.cast_signed()).map(|amount| vec![amount]).collect();
    assert_eq!(loaded.version.get(), version);
    assert_eq!((loaded.state.digest, loaded.state.booked), crate::ledger::digest(&amounts));
}

#[tokio::test]
async fn commands_and_loads_work_while_the_snapshot_store_is_down() {
    let faults = [
        Fault::Reset,
        Fault::Answer(500, "InternalServerError"),
        Fault::Answer(400, "ProvisionedThroughputExceededException"),
        Fault::Answer(400, "AccessDeniedException"),
        Fault::Answer(400, "ResourceNotFoundException"),
        Fault::Reply("no JSON"),
    ];
    for fault in faults {
        let (database, dynamo) = written().await;
        let down = move |call: &Call| if call.is_for("snapshots") { fault } else { Fault::None };
        let broken = app(&Faults::new(&database, down).dynamo());
        is_whole(&broken.load(&key("1")).await.unwrap(), 10);
        is_whole(&broken.load_version(&key("1"), Version::new(9)).await.unwrap(), 9);
        for amount in 11..=13 {
            broken.execute(&key("1"), Book(vec![amount])).await.unwrap();
        }
        is_whole(&broken.load(&key("1")).await.unwrap(), 13);
        assert_eq!(
            stored(&dynamo.snapshots(), &key("1")).await.unwrap().version,
            Version::new(8),
            "{fault:?}"
        );
        // It is up again: the next process makes up for the missing snapshot.
        app(&dynamo).execute(&key("1"), Book(vec![14])).await.unwrap();
        assert_eq!(
            stored(&dynamo.snapshots(), &key("1")).await.unwrap().version,
            Version::new(14),
            "{fault:?}"
        );
    }
}

/// What fails is not tried again with every command.
#[tokio::test]
async fn a_failing_write_costs_one_command_in_four() {
    let (database, dynamo) = written().await;
    let faults = Faults::new(&database, |call| {
        let write = call.operation == "PutItem" && call.is_for("snapshots");
        if write { Fault::Answer(400, "AccessDeniedException") } else { Fault::None }
    });
    let app = app(&faults.dynamo());
    app.load(&key("1")).await.unwrap();
    app.execute(&key("1"), Book(vec![11])).await.unwrap();
    let before = faults.count();
    for amount in 12..=19 {
        app.execute(&key("1"), Book(vec![amount])).await.unwrap();
    }
    assert_eq!(faults.count() - before, 8 + 2, "eight appends, snapshots at 12 and 16");
    drop(dynamo);
}

/// The process is gone between the append and the snapshot.
#[tokio::test]
async fn a_crash_before_the_snapshot_loses_nothing() {
    let (database, dynamo) = database().await;
    let (reached, armed) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(true)));
    let faults = {
        let (reached, armed) = (Arc::clone(&reached), Arc::clone(&armed));
        Faults::new(&database, move |call| {
            if call.operation == "PutItem" && call.is_for("snapshots") && armed.load(Ordering::Relaxed) {
                reached.notify_one();
                return Fault::Hang;
            }
            Fault::None
        })
    };
    let crashing = app(&faults.dynamo_without_retries());
    for amount in 1..=3 {
        crashing.execute(&key("1"), Book(vec![amount])).await.unwrap();
    }
    tokio::select! {
        _ = crashing.execute(&key("1"), Book(vec![4])).command_id("c-4").into_future() => panic!("it hangs"),
        () = reached.notified() => {}
    }
    assert_eq!(stored(&dynamo.snapshots(), &key("1")).await, None);
    is_whole(&app(&dynamo).load(&key("1")).await.unwrap(), 4);

    // The caller does not know, and sends it again, here and elsewhere.
    armed.store(false, Ordering::Relaxed);
    for app in [&crashing, &app(&dynamo)] {
        let again = app.execute(&key("1"), Book(vec![4])).command_id("c-4").await.unwrap();
        assert!(again.is_duplicate() && again.version == Version::new(4));
    }
    app(&dynamo).execute(&key("1"), Book(vec![5])).await.unwrap();
    assert_eq!(stored(&dynamo.snapshots(), &key("1")).await.unwrap().version, Version::new(5));
    is_whole(&app(&dynamo).load(&key("1")).await.unwrap(), 5);
}

/// The next command on the key does not wait for a snapshot that is being written.
#[tokio::test]
async fn other_commands_do_not_wait_for_a_snapshot() {
    let (database, _dynamo) = database().await;
    let reached = Arc::new(Notify::new());
    let seen = Arc::clone(&reached);
    let faults = Faults::new(&database, move |call| {
        if call.operation == "PutItem" && call.is_for("snapshots") {
            seen.notify_one();
            return Fault::Hang;
        }
        Fault::None
    });
    let app = app(&faults.dynamo_without_retries());
    for amount in 1..=3 {
        app.execute(&key("1"), Book(vec![amount])).await.unwrap();
    }
    let fourth = app.execute(&key("1"), Book(vec![4])).into_future();
    let fifth = async {
        reached.notified().await;
        app.execute(&key("1"), Book(vec![5])).await.unwrap().version
    };
    let fifth = tokio::time::timeout(Duration::from_secs(20), fifth);
    tokio::select! {
        biased;
        _ = fourth => panic!("it hangs"),
        version = fifth => assert_eq!(version.expect("it waits for the fourth"), Version::new(5)),
    }
}

#[tokio::test]
async fn a_snapshot_that_is_none_is_ignored() {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let binary = AttributeValue::B(Blob::new(*b"x"));
    let broken = [
        ("state", Some(AttributeValue::Null(true))),
        ("state", Some(text("{}"))),
        ("state", Some(AttributeValue::M([].into()))),
        ("state", Some(AttributeValue::M([("digest".to_owned(), text("1"))].into()))),
        ("state", Some(binary.clone())),
        ("version", Some(text("8"))),
        ("version", Some(AttributeValue::N("-8".to_owned()))),
        ("version", Some(AttributeValue::N("0".to_owned()))),
        ("version", Some(AttributeValue::N("7".to_owned()))),
        ("version", Some(AttributeValue::N("9".to_owned()))),
        ("version", Some(AttributeValue::N("11".to_owned()))),
        ("version", Some(AttributeValue::N("9999999999".to_owned()))),
        ("version", Some(AttributeValue::N("18446744073709551615".to_owned()))),
        ("fingerprint", Some(text("0000000000000000"))),
        ("fingerprint", Some(binary)),
        ("commandIds", Some(AttributeValue::L(Vec::new()))),
        ("commandIds", Some(AttributeValue::L(vec![text("c-7")]))),
        ("lastAt", Some(text("yesterday"))),
        ("state", None),
        ("version", None),
        ("fingerprint", None),
        ("commandIds", None),
        ("lastAt", None),
    ];
    let (_database, dynamo) = written().await;
    let good = item(&dynamo).await;
    for (name, value) in broken {
        let mut item = good.clone();
        match &value {
            Some(value) => drop(item.insert(name.to_owned(), value.clone())),
            None => drop(item.remove(name)),
        }
        let put = dynamo.client().put_item().table_name("snapshots").set_item(Some(item));
        put.send().await.unwrap();
        let app = app(&dynamo);
        for _ in 0..2 {
            is_whole(&app.load(&key("1")).await.unwrap(), 10);
        }
        is_whole(&app.load_version(&key("1"), Version::new(9)).await.unwrap(), 9);
        let again = app.execute(&key("1"), Book(vec![1])).command_id("c-1").await.unwrap();
        assert!(again.is_duplicate(), "{name} {value:?}");
    }
    // And as it was, it is taken.
    let put = dynamo.client().put_item().table_name("snapshots").set_item(Some(good));
    put.send().await.unwrap();
    let (app, before) = (app(&dynamo), dynamo.cost());
    is_whole(&app.load(&key("1")).await.unwrap(), 10);
    assert_eq!((dynamo.cost() - before).requests, 2);
}

async fn item(dynamo: &Dynamo) -> HashMap<String, AttributeValue> {
    let stream = key("1").stream().unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let get = dynamo.client().get_item().table_name("snapshots");
    get.key("pk", text(stream.pk())).key("sk", text(stream.sk())).send().await.unwrap().item.unwrap()
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_is_not_sent() {
    let (_database, dynamo) = database().await;
    let app = app(&dynamo);
    for _ in 0..4 {
        app.execute(&key("1"), Keep(format!("k{}", "x".repeat(80_000)))).await.unwrap();
    }
    let before = dynamo.cost();
    for _ in 0..9 {
        app.execute(&key("1"), Keep(format!("k{}", "x".repeat(80_000)))).await.unwrap();
    }
    assert_eq!((dynamo.cost() - before).requests, 9, "the appends, and nothing else");
    assert_eq!(stored(&dynamo.snapshots(), &key("1")).await.unwrap().version, Version::new(4));
    let loaded = self::app(&dynamo).load(&key("1")).await.unwrap();
    assert_eq!((loaded.version.get(), loaded.state.kept.len()), (13, 13));
}
