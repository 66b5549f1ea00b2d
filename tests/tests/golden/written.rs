//! What is stored and sent is, byte for byte, what the build of commit 65ac836 stored and sent, and this program
//! continues with what that build has left behind.
//!
//! `written.json` was written by [`record`]. Where the form of an item changes on purpose, a new file is compared, and this one is
//! still read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cqrs_core::delivery::{Body, DeadLetter, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::view::ViewStore;
use cqrs_core::{EventStore, Outcome};
use cqrs_dynamo::Dynamo;
use cqrs_tests::raw;
use serde_json::{Value, json};

use crate::diary::{Items, steady_text};
use crate::items::{all, put_all};
use crate::press::{Book, Desk, Issue, Sales, Stock, app, book, shop};
use crate::scenes::{Stage, behind_a_broker, in_one_process, relay, replayed};

fn golden() -> &'static Value {
    static GOLDEN: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("written.json")).unwrap());
    &GOLDEN
}

/// One of many views of one commit is enough.
fn is_one_of_many(item: &Value) -> bool {
    let sk = item["sk"]["S"].as_str().unwrap_or_default();
    sk.starts_with("PRESS_SALES#s") && sk != "PRESS_SALES#s000" && sk != "PRESS_SALES#south"
}

/// An item without what later builds have added: the fingerprint of a view at its aggregate's key, the note in a keyed
/// view, and what tells the editions of keyed views apart.
fn as_before(item: &str) -> Value {
    let mut item: Value = serde_json::from_str(item).unwrap();
    let is_view = item.get("updatedAt").is_some();
    if let Some(added) = item.as_object_mut().filter(|_| is_view).and_then(|item| item.remove("fingerprint"))
    {
        let text = added["S"].as_str().unwrap_or_default();
        assert!(text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()), "{added}");
    }
    if let Some(item) = item.as_object_mut().filter(|item| is_view && item.contains_key("unfenced")) {
        let added = (item.remove("unfenced"), item.remove("digest"));
        assert!(matches!(added, (Some(_), Some(_))), "{added:?}");
    }
    if item["sk"]["S"] == "@"
        && let Some(record) = item["data"]["M"].as_object_mut()
    {
        let is_of_keyed_views = record.contains_key("fold");
        for added in ["fold", "number", "events", "editions"] {
            assert_eq!(record.remove(added).is_some(), is_of_keyed_views, "{added}: {record:?}");
        }
        if is_of_keyed_views {
            // Its first version is what was added.
            let version: u64 = item["version"]["N"].as_str().unwrap().parse().unwrap();
            item["version"]["N"] = json!((version - 1).to_string());
        }
    }
    item
}

/// What no earlier build has written: that a projection with keyed views has begun.
fn is_added(item: &Value) -> bool {
    item["sk"]["S"] == "@" && item["version"]["N"] == "0"
}

fn listed(items: &Items) -> BTreeMap<String, Vec<Value>> {
    let parsed = |item: &String| as_before(item);
    let of_table = |(table, items): (&String, &std::collections::BTreeSet<String>)| {
        (
            table.clone(),
            items.iter().map(parsed).filter(|item| !is_one_of_many(item) && !is_added(item)).collect(),
        )
    };
    items.iter().map(of_table).collect()
}

/// The bodies of the messages of all commits.
async fn bodies(stage: &Stage) -> Vec<String> {
    let commits = stage.commits().await;
    commits.iter().map(|commit| Message::of(&stage.app, commit).body).collect()
}

/// All that is compared, and the databases.
async fn written() -> (Value, [(&'static str, Stage); 3]) {
    let (broker, sent) = behind_a_broker().await;
    let bodies = bodies(&broker).await;
    let stages = [
        ("in one process", in_one_process().await),
        ("replayed", replayed().await),
        ("behind a broker", broker),
    ];
    let mut written =
        json!({ "bodies": bodies.iter().map(|body| steady_text(body)).collect::<Vec<_>>(), "sent": sent });
    for (name, stage) in &stages {
        written[name] = json!(listed(&stage.diary.items()));
    }
    (written, stages)
}

/// `CQRS_GOLDEN=new.json cargo test --workspace --test golden -- --ignored written::record` writes what this build
/// writes, and what it leaves behind.
#[tokio::test]
#[ignore = "it writes a file"]
async fn record() {
    let file = std::env::var("CQRS_GOLDEN").unwrap();
    let (mut golden, stages) = written().await;
    let mut left = json!({ "bodies": { "all": bodies(&stages[2].1).await } });
    for (name, stage) in stages {
        let mut tables = all(&stage.dynamo).await;
        for items in tables.as_object_mut().unwrap().values_mut() {
            items.as_array_mut().unwrap().retain(|item| !is_one_of_many(item));
        }
        left[name] = tables;
    }
    golden["left"] = left;
    std::fs::write(file, lines(&golden) + "\n").unwrap();
}

/// JSON with an item a line.
fn lines(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(",\n");
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), lines(value))
            };
            format!("{{\n{}\n}}", list(fields.iter().map(field).collect()))
        }
        Value::Array(items) => format!("[\n{}\n]", list(items.iter().map(ToString::to_string).collect())),
        other => other.to_string(),
    }
}

/// Everything that only one of the two sides has.
fn compare(place: &str, then: &Value, now: &Value, differences: &mut Vec<String>) {
    match (then, now) {
        (Value::Object(then_fields), Value::Object(now_fields)) => {
            let names: std::collections::BTreeSet<_> = then_fields.keys().chain(now_fields.keys()).collect();
            for name in names {
                compare(&format!("{place}/{name}"), &then[name], &now[name], differences);
            }
        }
        _ => {
            let list = |side: &Value| side.as_array().cloned().unwrap_or_default();
            let (then, now) = (list(then), list(now));
            let missing = then.iter().filter(|item| !now.contains(item)).map(|item| format!("- {item}"));
            let new = now.iter().filter(|item| !then.contains(item)).map(|item| format!("+ {item}"));
            let both: Vec<_> = missing.chain(new).collect();
            if !both.is_empty() {
                differences.push(format!("{place}\n{}", both.join("\n")));
            }
        }
    }
}

/// With `serde_json/preserve_order`, the texts of messages have their fields in another order. They are compared by
/// their content then.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), ordered(value))).collect(),
        Value::Array(values) => values.iter().map(ordered).collect(),
        Value::String(text) if cfg!(feature = "other-json") => {
            serde_json::from_str(text).ok().filter(Value::is_object).unwrap_or_else(|| value.clone())
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn all_items_and_messages_are_what_they_were() {
    let (written, _) = written().await;
    let mut differences = Vec::new();
    for (name, now) in written.as_object().unwrap() {
        compare(name, &ordered(&golden()[name]), &ordered(now), &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// A database as that build left it, and an app on it whose handlers no longer refuse anything.
async fn left(name: &str) -> (Dynamo, App, Desk) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    put_all(&dynamo, &golden()["left"][name]).await;
    let desk = Desk::default();
    let app = app(&dynamo, &desk);
    (dynamo, app, desk)
}

fn repair(desk: &Desk) {
    desk.lock().unwrap().push("repaired".to_owned());
}

fn calls(desk: &Desk) -> Vec<String> {
    let mut calls = std::mem::take(&mut *desk.lock().unwrap());
    calls.retain(|call| call != "repaired");
    calls.sort();
    calls
}

async fn stock(app: &App, id: &str) -> Option<u64> {
    app.view::<Stock>(&book(id)).await.unwrap().map(|stock| stock.sold)
}

async fn sales(app: &App, name: &str) -> Option<u64> {
    app.view::<Sales>(&shop(name)).await.unwrap().map(|sales| sales.copies)
}

/// Subscriber, sort key and tries of all dead letters.
async fn letters(app: &App) -> Vec<String> {
    let letters = app.dead_letters().list().await.unwrap();
    let told = |letter: &DeadLetter| {
        let DeadLetter { id, attempts, .. } = letter;
        format!("{} {} {attempts}", id.subscriber, id.sk.trim_start_matches("PRESS_BOOK#"))
    };
    let mut told: Vec<_> = letters.iter().map(told).collect();
    told.sort();
    told
}

#[tokio::test]
async fn streams_and_command_ids_are_known() {
    let (_, app, _) = left("in one process").await;
    let a = app.load(&book("a")).await.unwrap();
    let state = Book { title: "Book a".to_owned(), price: Some(0.1), sold: 19 };
    assert_eq!((a.version.get(), &a.state), (4, &state));
    assert_eq!(app.load(&book("clock")).await.unwrap().version.get(), 3);
    let tags = ["a", "b"].map(str::to_owned).into();
    let again = Issue { title: "Book a".to_owned(), tags };
    let done = app.execute(&book("a"), again).command_id("issue-a").await.unwrap();
    assert_eq!((done.outcome, done.version.get()), (Outcome::Duplicate, 1));
    let other = Issue { title: "Book b".to_owned(), tags: Default::default() };
    let error = app.execute(&book("a"), other).command_id("issue-a").await.unwrap_err();
    assert!(error.to_string().contains("issue-a"), "{error}");
}

#[tokio::test]
async fn letters_views_and_the_inbox_continue() {
    let (dynamo, app, desk) = left("in one process").await;
    let kept = [
        "@relay altered@0000000001!overwritten 1",
        "@relay corrupt@0000000001 1",
        "@relay newer@0000000001 1",
        "Sales broken@0000000002 1",
        "Sales broken@0000000003 0",
        "warn a@0000000003 1",
        "warn a@0000000004 0",
        "warn broken@0000000002 1",
        "warn broken@0000000003 0",
        "warn deep@0000000001 1",
    ];
    assert_eq!(letters(&app).await, kept);
    let discarded = app.dead_letters().discarded("Stock").await.unwrap();
    assert_eq!((discarded.len(), discarded[0].reason.as_str()), (1, "it is a forgery"));

    // The stream of this database is another one, so that all commits are delivered once more.
    app.run_until_idle().await.unwrap();
    assert_eq!(letters(&app).await, kept);
    let found = [stock(&app, "a").await, stock(&app, "gone").await, stock(&app, "broken").await];
    assert_eq!(found, [Some(19), None, Some(10)]);
    assert_eq!([sales(&app, "north").await, sales(&app, "south").await], [Some(19), Some(13)]);
    let done = calls(&desk);
    assert!(!done.iter().any(|call| call.starts_with("register")), "{done:?}");

    repair(&desk);
    app.dead_letters().redrive("warn").await.unwrap();
    assert_eq!(calls(&desk), ["warn a 13", "warn a 3", "warn deep 13"]);
    assert_eq!(app.dead_letters().redrive("Sales").await.unwrap().done, 0);
    // An item that is not a commit prevents the build of views that record no fold, and the earlier views are read.
    raw::remove(&dynamo, &book("corrupt"), 1).await;
    let next = crate::press::Sell { shops: vec!["north".to_owned()], copies: vec![1] };
    app.execute(&book("a"), next).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!([stock(&app, "a").await, sales(&app, "north").await], [Some(20), Some(20)]);
    assert_eq!(calls(&desk), ["warn a 1"]);
}

#[tokio::test]
async fn a_replay_that_broke_off_is_made_anew() {
    let (dynamo, app, _) = left("replayed").await;
    let unreplayed = app.unreplayed().await.unwrap();
    assert_eq!(unreplayed.iter().map(|one| one.projection).collect::<Vec<_>>(), ["Stock"]);
    app.replay::<Sales>().await.unwrap();
    let replays = ViewId::new("@PRESS_SALES", "@");
    let replays = dynamo.views().get(&replays).await.unwrap().unwrap().data;
    // What an earlier release had begun is left, because that release had not recorded its fold.
    assert_eq!(replays["others"][0]["state"], Value::Null, "whole: {replays}");
    assert_eq!(
        (&replays["others"][0]["number"], &replays["others"][0]["wasWhole"]),
        (&json!(2), &Value::Null)
    );
    let found = [sales(&app, "north").await, sales(&app, "s000").await, sales(&app, "s149").await];
    assert_eq!(found, [Some(3), Some(1), Some(1)]);
    app.replay::<Stock>().await.unwrap();
    assert_eq!([stock(&app, "a").await, stock(&app, "wide").await], [Some(3), Some(1)]);
    assert_eq!(app.unreplayed().await.unwrap(), []);
}

#[tokio::test]
async fn tries_parked_streams_and_messages_are_taken_further() {
    let (dynamo, app, desk) = left("behind a broker").await;
    let bodies = golden()["left"]["bodies"]["all"].as_array().unwrap();
    let mut received = BTreeMap::new();
    for body in bodies.iter().map(|body| body.as_str().unwrap().to_owned()) {
        let Body::Commit(commit) = Body::parse(&body).unwrap() else { panic!("{body}") };
        let (store, version) = (dynamo.event_store(), commit.version);
        let stored = store.read(&commit.stream, version.previous(), version).await.unwrap();
        assert_eq!(stored.commits, std::slice::from_ref(&commit));
        let name = format!("{}@{}", commit.stream.sk().trim_start_matches("PRESS_BOOK#"), commit.version);
        received.insert(name, Received::new(body));
    }
    let warn = app.consumer("warn").unwrap();
    let one = |name: &str| [received[name].clone()];
    // One try is behind it, of three.
    assert!(matches!(warn.take(&one("tried@1")).await[..], [Verdict::Retry { .. }]));
    assert!(matches!(warn.take(&one("tried@1")).await[..], [Verdict::Dead { .. }]));
    repair(&desk);
    assert!(matches!(warn.take(&one("parked@2")).await[..], [Verdict::Dead { .. }]), "its turn has not come");
    assert!(warn.redrive_turn(std::time::Duration::from_secs(60)).await.unwrap().is_some());
    assert_eq!(warn.redrive(&one("parked@1")).await, [Verdict::Done]);
    assert_eq!(warn.redrive(&one("parked@2")).await, [Verdict::Done]);
    assert_eq!(warn.take(&one("parked@2")).await, [Verdict::Done]);
    assert_eq!(calls(&desk), ["warn parked 1", "warn parked 1", "warn parked 13"]);
    assert_eq!(app.consumer("register").unwrap().take(&one("claimed@1")).await, [Verdict::Done]);
    assert_eq!(calls(&desk), [""; 0], "the inbox knows it");
    for name in ["parked@1", "parked@2", "tried@1"] {
        for queue in ["Stock", "Sales"] {
            assert_eq!(app.consumer(queue).unwrap().take(&one(name)).await, [Verdict::Done]);
        }
    }
    assert_eq!([stock(&app, "parked").await, sales(&app, "north").await], [Some(14), Some(28)]);
}

#[tokio::test]
async fn a_relay_takes_over_its_leases() {
    let (dynamo, app, _) = left("behind a broker").await;
    for name in ["press", "press.fifo"] {
        let mut relay = relay(&dynamo, &app, name);
        relay.run_until_idle().await.unwrap();
        relay.catch_up("2020-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
    }
}
