//! Restarts and crashes: at least once for handlers, exactly once for views and for the commands of handlers.

use std::collections::BTreeSet;

use cqrs_core::delivery::DeliveryError;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{Deposit, Withdraw};
use cqrs_tests::faults::{Call as Request, Fault, Faults, database};
use tokio::task::JoinSet;

use crate::office::*;

const ACCOUNTS: [&str; 4] = ["0", "1", "2", "3"];

/// Some commits of several accounts; two of them are handed on by a handler.
async fn work(app: &App) {
    open(app, &ACCOUNTS).await;
    pay(app, &["1", "2"]).await;
    app.execute(&key("3"), Deposit { cents: 9, note: "2".into() }).await.unwrap();
    app.execute(&key("1"), Withdraw { cents: 3 }).await.unwrap();
}

/// The result of every commit, including handed-on deposits.
async fn assert_all_is_well(app: &App, context: &str) {
    assert_views_are_the_fold(app, &ACCOUNTS, context).await;
    for (account, balance, version) in [("0", 9, 2), ("1", 13, 4), ("2", 16, 3), ("3", 9, 2)] {
        let loaded = app.load(&key(account)).await.unwrap();
        assert_eq!((loaded.state.balance, loaded.version.get()), (balance, version), "{context}: {account}");
    }
    assert_eq!(letters(app).await, [], "{context}");
}

fn all_commits() -> BTreeSet<(String, u64)> {
    let versions = [("0", 2), ("1", 4), ("2", 3), ("3", 2)];
    let of_one = |(account, last): (&str, u64)| {
        let sk = key(account).stream().unwrap().sk().to_owned();
        (1..=last).map(move |version| (sk.clone(), version))
    };
    versions.into_iter().flat_map(of_one).collect()
}

fn commits(calls: Vec<Call>) -> BTreeSet<(String, u64)> {
    calls.into_iter().map(|call| (call.stream.sk().to_owned(), call.version)).collect()
}

/// A plan that resets every saving of one subscriber's position.
fn position_lost(database: &Embedded, subscriber: &'static str) -> Faults {
    Faults::new(database, move |request: &Request| {
        let position =
            request.operation == "PutItem" && request.body.contains(&format!("POSITION#{subscriber}"));
        if position { Fault::Reset } else { Fault::None }
    })
}

#[tokio::test]
async fn a_restart_after_a_clean_end_delivers_nothing_twice() {
    let (dynamo, first, clerk) = start().await;
    work(&first).await;
    first.run_until_idle().await.unwrap();
    assert_eq!(commits(clerk.calls()), all_commits());

    let second = app(&dynamo, &clerk);
    assert_eq!(second.run_until_idle().await.unwrap().commits, 0);
    assert_eq!(clerk.calls(), []);
    pay(&second, &["1"]).await;
    second.run_until_idle().await.unwrap();
    assert_eq!(clerk.calls().len(), 1);
    assert_views_are_the_fold(&second, &ACCOUNTS, "restarted").await;
}

#[tokio::test]
async fn a_restart_on_a_file_continues_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.db");
    for account in ACCOUNTS {
        let (dynamo, clerk) = (Dynamo::embedded(&path).await.unwrap(), Clerk::new());
        let app = app(&dynamo, &clerk);
        open(&app, &[account]).await;
        app.run_until_idle().await.unwrap();
        assert_eq!(clerk.versions(account), [1]);
        assert_eq!(clerk.calls().len(), 1, "nothing of the runs before");
    }
}

#[tokio::test]
async fn a_commit_is_handled_again_where_its_position_was_not_kept() {
    let (database, dynamo) = database().await;
    let clerk = Clerk::new();
    let crashing = app(&position_lost(&database, "clerk").dynamo_without_retries(), &clerk);
    work(&crashing).await;
    let error = crashing.run_until_idle().await.unwrap_err();
    assert!(matches!(&error, DeliveryError::Store { subscriber, .. } if subscriber == "clerk"), "{error:?}");
    let before = commits(clerk.calls());
    assert!(!before.is_empty(), "the work was done, and not noted");

    let restarted = app(&dynamo, &clerk);
    restarted.run_until_idle().await.unwrap();
    assert_eq!(commits(clerk.calls()), all_commits(), "all of it once more");
    assert_all_is_well(&restarted, "after the crash").await;
}

#[tokio::test]
async fn a_redelivered_event_sends_its_commands_once() {
    let (database, dynamo) = database().await;
    let clerk = Clerk::new();
    let crashing = app(&position_lost(&database, "pass").dynamo_without_retries(), &clerk);
    work(&crashing).await;
    crashing.run_until_idle().await.unwrap_err();
    assert_eq!(crashing.load(&key("2")).await.unwrap().state.balance, 16, "the command was sent");

    let restarted = app(&dynamo, &clerk);
    restarted.run_until_idle().await.unwrap();
    assert_all_is_well(&restarted, "redelivered").await;

    clerk.calls();
    forget_positions(&dynamo).await;
    app(&dynamo, &clerk).run_until_idle().await.unwrap();
    assert_eq!(commits(clerk.calls()), all_commits(), "everything is delivered again");
    assert_all_is_well(&restarted, "without positions").await;
}

async fn forget_positions(dynamo: &Dynamo) {
    let (client, table) = (dynamo.client(), &dynamo.tables().delivery);
    for mut item in client.scan().table_name(table).send().await.unwrap().items.unwrap() {
        if item["pk"].as_s().unwrap().starts_with("POSITION#") {
            item.retain(|name, _| name == "pk" || name == "sk");
            client.delete_item().table_name(table).set_key(Some(item)).send().await.unwrap();
        }
    }
}

/// How many crashes are tried at the same time.
const AT_ONCE: usize = 8;

/// One fault at the n-th request of a delivery. Returns whether the delivery got that far.
async fn survives(number: usize, fault: Fault) -> bool {
    let (database, dynamo) = database().await;
    let clerk = Clerk::new();
    let clean = app(&dynamo, &clerk);
    work(&clean).await;
    let faults = Faults::new(
        &database,
        move |request: &Request| {
            if request.number == number { fault } else { Fault::None }
        },
    );
    let crashing = app(&faults.dynamo_without_retries(), &clerk);
    // Whether it ends well depends on which request it was.
    let _ = crashing.run_until_idle().await;
    let reached = faults.count() > number;

    let context = format!("{fault:?} at request {number}");
    let restarted = app(&dynamo, &clerk);
    restarted.run_until_idle().await.unwrap();
    assert_all_is_well(&restarted, &context).await;
    assert_eq!(commits(clerk.calls()), all_commits(), "{context}");
    reached
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_request_loses_nothing_and_doubles_nothing() {
    for fault in [Fault::Reset, Fault::AnswerLost] {
        let mut first = 0;
        loop {
            let mut runs = JoinSet::new();
            for number in first..first + AT_ONCE {
                runs.spawn(survives(number, fault));
            }
            if runs.join_all().await.contains(&false) {
                break;
            }
            first += AT_ONCE;
        }
        assert!(first > 30, "{fault:?}: the delivery takes only some {first} requests");
    }
}
