//! A projection that is new on old data reports that it needs a replay.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::delivery::{DeliveryError, DeliveryStore, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::{EventStore, StreamKey};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Deposit, Open, Statement, Wealth};
use cqrs_tests::faults::{self, Fault, Faults};
use cqrs_tests::raw;

use crate::told::Told;

const LINE: &str = "a projection needs a replay";

fn app(dynamo: &Dynamo, projections: &[&str]) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .only(projections.iter().copied())
        .settings(|settings| {
            settings.delivery.attempts = 1;
            settings.poll = Duration::from_millis(1);
        })
        .build()
        .unwrap()
}

async fn deposit(app: &App, account: &str, note: &str) {
    let key = bank::account(account);
    if app.load(&key).await.unwrap().version.is_none() {
        app.execute(&key, Open { owner: account.to_owned() }).await.unwrap();
    }
    app.execute(&key, Deposit { cents: 1, note: note.to_owned() }).await.unwrap();
}

/// The stream of the table keeps its records for a day, so a new subscriber does not get older ones. Here it does not
/// get what another one has taken.
async fn forget_the_feed(dynamo: &Dynamo, old: &str, new: &str) {
    let delivery = dynamo.event_store().delivery();
    for (shard, position) in delivery.positions(old).await.unwrap() {
        delivery.save_position(new, &shard, &position).await.unwrap();
    }
}

async fn unreplayed(app: &App) -> Vec<&'static str> {
    app.unreplayed().await.unwrap().into_iter().map(|unreplayed| unreplayed.projection).collect()
}

#[tokio::test]
async fn a_projection_that_was_there_from_the_start_says_nothing() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Statement", "Wealth"]);
    // Once before the first commit, and once with commits that have not been delivered yet.
    app.run_until_idle().await.unwrap();
    for number in 0..40 {
        deposit(&app, &number.to_string(), "").await;
    }
    for _ in 0..2 {
        self::app(&dynamo, &["Statement", "Wealth"]).run_until_idle().await.unwrap();
    }
    assert_eq!(told.take(""), [] as [&str; 0]);
    assert_eq!(unreplayed(&app).await, [] as [&str; 0]);
}

/// The feed still has everything, so nothing is missing.
#[tokio::test]
async fn a_new_projection_that_the_feed_still_brings_everything_says_nothing() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let old = app(&dynamo, &["Statement"]);
    deposit(&old, "4711", "").await;
    old.run_until_idle().await.unwrap();
    let new = app(&dynamo, &["Statement", "Wealth"]);
    new.run_until_idle().await.unwrap();
    assert_eq!(told.take(""), [] as [&str; 0]);
    assert_eq!(unreplayed(&new).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_projection_that_is_new_on_old_data_says_so_until_it_is_replayed() {
    for (old, new) in [("Statement", "Wealth"), ("Wealth", "Statement")] {
        let (told, _guard) = Told::listen();
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let before = app(&dynamo, &[old]);
        for number in ["1", "2", "3"] {
            deposit(&before, number, "").await;
        }
        before.run_until_idle().await.unwrap();
        forget_the_feed(&dynamo, old, new).await;

        let after = app(&dynamo, &[old, new]);
        assert_eq!(unreplayed(&after).await, [new], "also before it is delivered to");
        // Two of the streams are repaired by what comes next, and one is not.
        deposit(&after, "1", "").await;
        deposit(&after, "3", "").await;
        after.run_until_idle().await.unwrap();
        let lines = told.take(LINE);
        assert!(matches!(&lines[..], [line] if line.contains(&format!("projection=\"{new}\""))), "{lines:?}");
        assert_eq!(unreplayed(&after).await, [new]);
        assert!(after.unreplayed().await.unwrap()[0].since.is_some());

        // Every process reports it when it starts, and once a minute.
        after.run_until_idle().await.unwrap();
        assert_eq!(told.take(LINE).len(), 1);

        // One tenant's replay is not enough.
        match new {
            "Wealth" => drop(after.replay::<Wealth>().tenant(&bank::tenant()).await.unwrap()),
            _ => drop(after.replay::<Statement>().tenant(&bank::tenant()).await.unwrap()),
        }
        assert_eq!(unreplayed(&after).await, [new]);
        match new {
            "Wealth" => drop(after.replay::<Wealth>().await.unwrap()),
            _ => drop(after.replay::<Statement>().await.unwrap()),
        }
        assert_eq!(unreplayed(&after).await, [] as [&str; 0]);
        after.run_until_idle().await.unwrap();
        assert_eq!(told.take(LINE), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn a_service_says_so_when_it_has_caught_up() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let before = app(&dynamo, &["Statement"]);
    deposit(&before, "4711", "").await;
    before.run_until_idle().await.unwrap();
    forget_the_feed(&dynamo, "Statement", "Wealth").await;
    let after = app(&dynamo, &["Statement", "Wealth"]);
    tokio::select! {
        ended = after.run(std::future::pending()) => panic!("{ended:?}"),
        () = told.hear(LINE) => {}
    }
    assert_eq!(told.take(LINE).len(), 1);
}

#[tokio::test]
async fn a_replay_may_be_waived() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let before = app(&dynamo, &["Statement"]);
    deposit(&before, "4711", "").await;
    before.run_until_idle().await.unwrap();
    forget_the_feed(&dynamo, "Statement", "Wealth").await;
    let after = app(&dynamo, &["Statement", "Wealth"]);
    assert_eq!(unreplayed(&after).await, ["Wealth"]);
    let error = after.waive_replay("Wealt").await.unwrap_err();
    assert!(matches!(&error, DeliveryError::UnknownSubscriber { known, .. } if known == "Statement, Wealth"));
    after.waive_replay("Wealth").await.unwrap();
    let (told, _guard) = Told::listen();
    after.run_until_idle().await.unwrap();
    assert_eq!(told.take(LINE), [] as [&str; 0]);
    assert_eq!(unreplayed(&after).await, [] as [&str; 0]);
}

/// A quiet shard of DynamoDB Streams answers with nothing at first.
#[tokio::test]
async fn what_the_feed_brings_late_is_not_missing() {
    let (told, _guard) = Told::listen();
    let (database, _) = faults::database().await;
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let late = Faults::new(&database, move |call| match call.operation.as_str() {
        "GetRecords" if counted.fetch_add(1, Ordering::Relaxed) < 10 => {
            Fault::Reply(r#"{"Records":[],"NextShardIterator":"late"}"#)
        }
        // The database does not know the invented iterator.
        "GetRecords" if call.body.contains("\"late\"") => Fault::Answer(400, "ExpiredIteratorException"),
        _ => Fault::None,
    });
    let app = app(&late.dynamo_without_retries(), &["Statement"]);
    deposit(&app, "4711", "").await;
    let run = tokio::time::timeout(Duration::from_secs(60), app.run(std::future::pending()));
    tokio::select! {
        ended = run => panic!("{ended:?}"),
        () = async {
            while app.view::<Statement>(&bank::account("4711")).await.unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        } => {}
    }
    assert!(reads.load(Ordering::Relaxed) > 10);
    app.run_until_idle().await.unwrap();
    assert_eq!(told.take(LINE), [] as [&str; 0]);
}

/// Its view is missing because a commit cannot be applied, and that is already reported.
#[tokio::test]
async fn a_stream_that_is_among_the_dead_letters_is_not_missing() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Statement"]);
    deposit(&app, "4711", "").await;
    let stream = bank::account("4712").stream().unwrap();
    broken(&dynamo, &stream).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap().len(), 1);
    assert_eq!(told.take(LINE), [] as [&str; 0]);
    assert_eq!(unreplayed(&app).await, [] as [&str; 0]);
    let letter = app.dead_letters().list().await.unwrap().remove(0);
    app.dead_letters().discard(&letter.id, "nobody misses it").await.unwrap();
    assert_eq!(unreplayed(&app).await, [] as [&str; 0]);
}

/// Appends a commit that no fold can read.
async fn broken(dynamo: &Dynamo, stream: &StreamKey) {
    let front = bank::app(dynamo.event_store()).unwrap();
    deposit(&front, "4713", "").await;
    let like = bank::account("4713").stream().unwrap();
    let page = dynamo.event_store().read(&like, Version::new(1), Version::new(2)).await.unwrap();
    let mut commit = page.commits.into_iter().next().unwrap();
    (commit.stream, commit.version) = (stream.clone(), Version::new(1));
    commit.events[0].data = serde_json::json!({ "cents": "many" });
    cqrs_tests::commits::append(&dynamo.event_store(), &commit).await.unwrap();
}

/// A check that fails holds nothing up.
#[tokio::test]
async fn a_store_that_refuses_the_look_does_not_stop_the_delivery() {
    let (told, _guard) = Told::listen();
    let (database, dynamo) = faults::database().await;
    let denied = Faults::new(&database, |call| match call.operation.as_str() {
        "Scan" if call.is_for("events") => Fault::Answer(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    let app = app(&denied.dynamo_without_retries(), &["Statement"]);
    deposit(&app, "4711", "").await;
    app.run_until_idle().await.unwrap();
    assert!(app.view::<Statement>(&bank::account("4711")).await.unwrap().is_some());
    let lines = told.take("it is not known whether a projection needs a replay");
    assert!(matches!(&lines[..], [line] if line.contains("Statement")), "{lines:?}");
    let allowed = self::app(&dynamo, &["Statement"]);
    allowed.run_until_idle().await.unwrap();
    assert_eq!(told.take(""), [] as [&str; 0]);
}

/// A function behind a queue is not told when the queue is empty.
#[tokio::test]
async fn where_nobody_knows_what_is_on_its_way_it_is_told_after_five_minutes() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Wealth"]);
    deposit(&app, "4711", "").await;
    let stream = bank::account("4711").stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::NONE, Version::new(2)).await.unwrap();
    // An account of an hour ago, and a projection that began ten minutes ago, or now.
    let ago = |minutes: i64| Timestamp::from_unix_millis(Timestamp::now().unix_millis() - minutes * 60_000);
    let mut old = page.commits[0].clone();
    old.stream = bank::account("4712").stream().unwrap();
    Arc::make_mut(&mut old.metadata).created_at = ago(60);
    cqrs_tests::commits::append(&dynamo.event_store(), &old).await.unwrap();
    let take = async || {
        // A process anew each time.
        let consumer = app.consumer("Wealth").unwrap();
        let body = Message::of(&app, &page.commits[1]).body;
        let verdicts = consumer.take(&[Received::new(body)]).await;
        assert_eq!(verdicts, [Verdict::Done]);
        consumer.settle(std::future::ready(false)).await;
    };
    take().await;
    take().await;
    assert_eq!(told.take(LINE), [] as [&str; 0], "its first commits may be on their way");
    let delivery = dynamo.event_store().delivery();
    let mark = serde_json::json!({ "state": "begun", "since": ago(10) }).to_string();
    delivery.save_position("@projections", "Wealth", &mark).await.unwrap();
    take().await;
    assert_eq!(told.take(LINE).len(), 1);
    take().await;
    assert_eq!(told.take(LINE).len(), 1, "the next process says so at once");
}

/// The commits that it listens to come after many that it does not.
#[tokio::test]
async fn a_look_continues_where_the_last_one_stopped() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Statement"]);
    // `Opened` is not one of its events, and eight pages of 1 MB hold fewer of these than there are.
    let owner = "x".repeat(300_000);
    for number in 0..36 {
        let opened = bank::Opened { owner: owner.clone() };
        raw::put(&dynamo, raw::record(&bank::account(&format!("{number:02}")), 1, &opened)).await;
    }
    deposit(&app, "35b", "").await;
    let delivery = dynamo.event_store().delivery();
    let settle = async || app.consumer("Statement").unwrap().settle(std::future::ready(true)).await;
    settle().await;
    assert_eq!(told.take(LINE), [] as [&str; 0]);
    assert!(delivery.positions("@projections").await.unwrap()["Statement"].contains("after"));
    settle().await;
    assert_eq!(told.take(LINE).len(), 1);
}

/// An item that is not a commit stops the check, as it stops every reader, and nothing else.
#[tokio::test]
async fn a_table_that_cannot_be_read_is_reported_once() {
    let (told, _guard) = Told::listen();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Statement"]);
    deposit(&app, "4711", "").await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let item = dynamo.client().put_item().table_name("events").item("pk", text("A")).item("sk", text("A"));
    item.send().await.unwrap();
    let consumer = app.consumer("Statement").unwrap();
    for _ in 0..3 {
        consumer.settle(std::future::ready(true)).await;
    }
    let lines = told.take("it is not known whether a projection needs a replay");
    assert_eq!(lines.len(), 1, "{lines:?}");
    dynamo.spent(consumer.settle(std::future::ready(true))).await.requests(0);
}

/// A check is paid once. Then a start costs one request, and a commit costs as much as always.
#[tokio::test]
async fn it_costs_one_request_a_start() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Statement"]);
    deposit(&app, "4711", "").await;
    app.run_until_idle().await.unwrap();
    let consumer = app.consumer("Statement").unwrap();
    let names = dynamo.spent(consumer.settle(std::future::ready(true))).await.requests(1).names;
    assert_eq!(names, ["Query"]);
    dynamo.spent(consumer.settle(std::future::ready(true))).await.requests(0);
}
