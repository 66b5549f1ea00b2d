//! Records that can be given to no subscriber are kept as dead letters of the relay, and never skipped silently.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::delivery::{DeadLetter, DeliveryStore, LetterId};
use cqrs_core::prelude::*;
use cqrs_core::store::record::Record;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::Deposited;
use cqrs_tests::raw;
use serde_json::{Value, json};

use crate::office::*;

const ACCOUNTS: [&str; 2] = ["1", "2"];

fn deposited(version: u64) -> Record {
    raw::record(&key("1"), version, &Deposited { owner: "Ada".into(), cents: 1, note: String::new() })
}

/// Two accounts; the second commit of `1` is put into the table directly, and a right one follows it.
async fn run(second: Record) -> (Dynamo, App, Clerk) {
    let (dynamo, app, clerk) = start().await;
    open(&app, &ACCOUNTS).await;
    raw::put(&dynamo, second).await;
    raw::put(&dynamo, deposited(3)).await;
    pay(&app, &["2", "2"]).await;
    app.run_until_idle().await.unwrap();
    (dynamo, app, clerk)
}

async fn of(app: &App, subscriber: &str) -> Vec<DeadLetter> {
    let letters = app.dead_letters().list().await.unwrap().into_iter();
    letters.filter(|letter| letter.id.subscriber == subscriber).collect()
}

async fn of_relay(app: &App) -> DeadLetter {
    let letters = of(app, "@relay").await;
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!((letter.id.pk.as_str(), letter.id.sk.as_str()), ("BANK#ACCOUNT", "ACCOUNT#1@0000000002"));
    letter.clone()
}

async fn assert_others_flow(app: &App, clerk: &Clerk) {
    assert_eq!(clerk.versions("2"), [1, 2, 3]);
    let lines = app.view::<cqrs_tests::bank::Statement>(&key("2")).await.unwrap().unwrap().lines;
    assert_eq!(lines, [7, 7]);
}

/// A view must not go beyond a commit that could not be read: the letter of the later commit says why.
async fn assert_views_stop_before(app: &App, reason: &str) {
    assert_eq!(app.view::<cqrs_tests::bank::Statement>(&key("1")).await.unwrap(), None);
    for projection in ["Statement", "Wealth"] {
        let letters = of(app, projection).await;
        let [letter] = &letters[..] else { panic!("{projection}: {letters:?}") };
        assert_eq!(letter.id.sk, "ACCOUNT#1@0000000003", "{projection}");
        assert!(letter.reason.contains(reason), "{projection}: {}", letter.reason);
    }
}

#[tokio::test]
async fn an_unknown_event_type_is_kept_with_its_name() {
    let mut second = deposited(2);
    second.insert("type".to_owned(), json!("Ghost"));
    let (_, app, clerk) = run(second.clone()).await;
    let letter = of_relay(&app).await;
    assert!(letter.reason.contains("unknown event type `Ghost` (schema 1)"), "{}", letter.reason);
    assert_eq!(letter.record, Value::Object(second));
    assert_others_flow(&app, &clerk).await;
    assert_views_stop_before(&app, "`Ghost` (schema 1)").await;
    assert_eq!(app.dead_letters().redrive("@relay").await.unwrap().done, 0, "it is unknown still");
    assert_eq!(of_relay(&app).await.id.sk, "ACCOUNT#1@0000000002");
}

#[tokio::test]
async fn an_unknown_type_beside_a_known_one_is_kept_as_well() {
    let mut second = deposited(2);
    second.insert("rest".to_owned(), json!([{ "type": "Ghost", "schema": 1, "data": {} }]));
    let (_, app, _) = run(second).await;
    assert!(of_relay(&app).await.reason.contains("`Ghost`"));
    assert_eq!(app.view::<cqrs_tests::bank::Statement>(&key("1")).await.unwrap(), None);
    let letters = of(&app, "Statement").await;
    assert_eq!(letters.len(), 2, "the commit, and the one behind it: {letters:?}");
    assert!(letters[0].reason.contains("`Ghost` (schema 1)"), "{}", letters[0].reason);
}

#[tokio::test]
async fn a_corrupt_item_is_kept_with_its_key() {
    for name in ["data", "version", "createdAt", "commandId"] {
        let mut second = deposited(2);
        second.remove(name);
        let (_, app, clerk) = run(second).await;
        let letter = of_relay(&app).await;
        let reason = format!("`{name}` is missing");
        assert!(letter.reason.contains("sk `ACCOUNT#1@0000000002`"), "{}", letter.reason);
        assert!(letter.reason.contains(&reason), "{}", letter.reason);
        assert_others_flow(&app, &clerk).await;
        assert_views_stop_before(&app, &reason).await;
    }
}

#[tokio::test]
async fn an_item_with_an_attribute_that_is_no_json_is_kept_with_its_key() {
    for name in ["data", "createdAt"] {
        let (dynamo, app, _) = start().await;
        open(&app, &ACCOUNTS).await;
        let mut second = deposited(2);
        second.remove(name);
        raw::put_with(&dynamo, second, [(name, AttributeValue::B(Blob::new(*b"x")))]).await;
        app.run_until_idle().await.unwrap();
        assert!(of_relay(&app).await.reason.contains(&format!("`{name}`")));
    }
}

#[tokio::test]
async fn an_item_whose_key_is_no_commits_is_kept() {
    let mut stray = deposited(2);
    stray.insert("sk".to_owned(), json!("README"));
    let (dynamo, app, clerk) = start().await;
    open(&app, &ACCOUNTS).await;
    raw::put(&dynamo, stray).await;
    pay(&app, &ACCOUNTS).await;
    app.run_until_idle().await.unwrap();
    let letters = of(&app, "@relay").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id.sk, "README");
    assert_eq!((clerk.versions("1"), clerk.versions("2")), (vec![1, 2], vec![1, 2]));
    assert_views_are_the_fold(&app, &ACCOUNTS, "beside a stray item").await;
    app.dead_letters().discard(&letters[0].id, "it is a note").await.unwrap();
    assert_eq!(of(&app, "@relay").await, []);
}

#[tokio::test]
async fn a_schema_that_this_program_does_not_know_stops_its_stream_at_every_subscriber() {
    let mut second = deposited(2);
    second.insert("schema".to_owned(), json!(7));
    let (_, app, clerk) = run(second).await;
    assert_others_flow(&app, &clerk).await;
    for subscriber in ALL {
        let letters = of(&app, subscriber).await;
        assert_eq!(letters.len(), 2, "{subscriber}: {letters:?}");
        assert!(letters[0].reason.contains("`Deposited` (schema 7)"), "{}", letters[0].reason);
        assert_eq!((letters[0].attempts, letters[1].attempts), (1, 0), "{subscriber}");
    }
}

/// For a program that knows the schema, the stored schema is the one that it knows.
#[tokio::test]
async fn what_a_program_did_not_know_continues_by_itself_when_one_starts_that_does() {
    for (name, strange) in [("schema", json!(7)), ("type", json!("Ghost"))] {
        let mut second = deposited(2);
        second.insert(name.to_owned(), strange);
        let (dynamo, old, clerk) = run(second).await;
        let kept = old.dead_letters().list().await.unwrap();
        assert!(kept.iter().any(DeadLetter::is_newer), "{kept:?}");
        let again = app(&dynamo, &clerk);
        again.run_until_idle().await.unwrap();
        let still: Vec<_> =
            again.dead_letters().list().await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(
            still,
            kept.iter().map(|letter| letter.id.clone()).collect::<Vec<_>>(),
            "nobody knows it yet"
        );

        raw::put(&dynamo, deposited(2)).await;
        for letter in kept {
            if letter.id.sk.ends_with("@0000000002") {
                let mut known = letter;
                known.record = Value::Object(deposited(2));
                dynamo.event_store().delivery().put_letter(&known).await.unwrap();
            }
        }
        clerk.calls();
        let new = app(&dynamo, &clerk);
        new.run_until_idle().await.unwrap();
        let altered = |letter: &DeadLetter| letter.id.sk.contains('!');
        let left = new.dead_letters().list().await.unwrap();
        assert!(left.iter().all(altered), "{name}: {left:?}");
        let expected: &[u64] = if name == "schema" { &[2, 3] } else { &[2] };
        assert_eq!(clerk.versions("1"), expected, "{name}");
        assert_views_are_the_fold(&new, &ACCOUNTS, name).await;
    }
}

/// As after an update of the program: an event that was unknown when it came is known when it is redriven.
#[tokio::test]
async fn a_type_that_has_become_known_is_redriven_to_its_subscribers() {
    let (dynamo, app, clerk) = start().await;
    open(&app, &ACCOUNTS).await;
    pay(&app, &ACCOUNTS).await;
    app.run_until_idle().await.unwrap();
    let record = Value::Object(deposited(2));
    let sk = raw::sort_key(&key("1"), 2);
    let id = LetterId::new("@relay", "BANK#ACCOUNT", sk);
    let since = Timestamp::now();
    let letter = DeadLetter::new(id, "unknown", since, record).with_attempts(1);
    dynamo.event_store().delivery().put_letter(&letter).await.unwrap();

    clerk.calls();
    clerk.fails_at("1", 2, Answer::Permanent);
    assert_eq!(app.dead_letters().redrive("@relay").await.unwrap().done, 0);
    let kept = of_relay(&app).await;
    assert_eq!((kept.reason.as_str(), kept.attempts), ("the clerk refuses", 2));

    clerk.answers(|_| Answer::Done);
    assert_eq!(app.dead_letters().redrive("@relay").await.unwrap().done, 1);
    assert_eq!(clerk.versions("1"), [2, 2]);
    assert_eq!(letters(&app).await, []);
    assert_views_are_the_fold(&app, &ACCOUNTS, "the views had it already").await;
}

#[tokio::test]
async fn a_type_that_has_become_known_waits_behind_the_dead_letters_of_its_stream() {
    let (dynamo, app, clerk) = start().await;
    clerk.fails_at("1", 1, Answer::Permanent);
    open(&app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    let sk = raw::sort_key(&key("1"), 2);
    let id = LetterId::new("@relay", "BANK#ACCOUNT", sk);
    let record = Value::Object(deposited(2));
    let letter = DeadLetter::new(id, "unknown", Timestamp::now(), record).with_attempts(1);
    dynamo.event_store().delivery().put_letter(&letter).await.unwrap();
    raw::put(&dynamo, deposited(2)).await;

    clerk.calls();
    clerk.answers(|_| Answer::Done);
    assert_eq!(app.dead_letters().redrive("@relay").await.unwrap().done, 1);
    assert!(clerk.versions("1").is_empty(), "it would come before the one that failed");
    assert_eq!(letters(&app).await, of_clerk("1", &[(1, 1), (2, 0)]));
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 2);
    assert_eq!(clerk.versions("1"), [1, 2]);
}

/// A gap that the store also has cannot be healed from there.
#[tokio::test]
async fn a_view_does_not_go_on_beyond_a_gap_in_the_store() {
    let (dynamo, app, _) = start().await;
    open(&app, &ACCOUNTS).await;
    raw::put(&dynamo, deposited(3)).await;
    app.run_until_idle().await.unwrap();
    assert_views_stop_before(&app, "version 2 is missing").await;
}

/// Only commits are delivered: what is removed or changed in the table is skipped, however much it is.
#[tokio::test]
async fn what_else_happens_to_the_table_does_not_end_the_delivery() {
    let (dynamo, app, clerk) = start().await;
    open(&app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    for _ in 0..2100 {
        raw::put(&dynamo, raw::record(&key("1"), 1, &cqrs_tests::bank::Opened { owner: "Ada".into() })).await;
    }
    pay(&app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(clerk.versions("1"), [1, 2]);
}
