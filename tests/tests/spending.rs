//! The cost of everything except commands on DynamoDB: every request by name, and its units. Commands are in `cost.rs`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cqrs_core::delivery::{LetterId, Message, Received, RetryPolicy, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::{Commit, EventStore};
use cqrs_dynamo::{Dynamo, Embedded, Relay, SnsPublisher, Spent, Tables};
use cqrs_tests::bank::{self, Deposited, Open, Opened, Statement, Wealth, WealthKey, deposit};
use cqrs_tests::faults::{Faults, published};
use futures_util::TryStreamExt;

/// It accepts everything.
#[event_handler(Opened, name = "greet")]
async fn greet(_: &Recorded<Opened>) -> Result<(), HandlerError> {
    Ok(())
}

/// It refuses 13 cents, and asks for another try with 14.
#[event_handler(Deposited, name = "thank")]
async fn thank(event: &Recorded<Deposited>, repaired: &Repaired) -> Result<(), HandlerError> {
    match event.cents {
        13 if !repaired.is() => Err(HandlerError::permanent("13 cents")),
        14 if !repaired.is() => Err(HandlerError::retry("14 cents")),
        _ => Ok(()),
    }
}

#[event_handler(Opened, once, name = "welcome_once")]
async fn welcome_once(_: &Recorded<Opened>) -> Result<(), HandlerError> {
    Ok(())
}

#[derive(Default)]
struct Repaired(AtomicU64);

impl Repaired {
    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

const ALL: [&str; 5] = ["Statement", "Wealth", "greet", "thank", "welcome_once"];

fn app(dynamo: &Dynamo, only: &[&str]) -> App {
    let builder = App::builder(dynamo.event_store()).views(dynamo.views()).provide(Repaired::default());
    let builder = builder.settings(|settings| {
        settings.delivery = RetryPolicy { attempts: 2, base: Duration::ZERO, cap: Duration::ZERO };
    });
    builder.only(only.iter().copied()).build().unwrap()
}

/// An account with this number of deposits.
async fn account(app: &App, number: &str, deposits: &[u64]) {
    let key = bank::account(number);
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for cents in deposits {
        app.execute(&key, deposit(*cents)).await.unwrap();
    }
}

async fn commits(dynamo: &Dynamo, number: &str) -> Vec<Commit> {
    let stream = bank::account(number).stream().unwrap();
    dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap().commits
}

/// The requests by name with their number, and the units: requests that are sent at once have no order.
fn told<T>(spent: &Spent<T>) -> String {
    let mut names = spent.names.clone();
    names.sort();
    let mut told = Vec::new();
    for name in names.chunk_by(PartialEq::eq) {
        let count = if name.len() > 1 { format!("{} ", name.len()) } else { String::new() };
        told.push(format!("{count}{}", name[0]));
    }
    assert_eq!(spent.cost.requests, spent.names.len() as u64);
    format!("{} | {} WCU, {} RCU", told.join(", "), spent.cost.write_units, spent.cost.read_units)
}

async fn cost<W: IntoFuture>(dynamo: &Dynamo, work: W) -> (String, W::Output) {
    let spent = dynamo.spent(work).await;
    (told(&spent), spent.output)
}

/// What a batch of messages costs, and what becomes of it.
async fn take(dynamo: &Dynamo, app: &App, queue: &str, commits: &[Commit]) -> (String, Vec<Verdict>) {
    let received = |commit| Received::new(Message::of(app, commit).body);
    let batch: Vec<Received> = commits.iter().map(received).collect();
    let consumer = app.consumer(queue).unwrap();
    cost(dynamo, consumer.take(&batch)).await
}

async fn database() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &ALL);
    (dynamo, app)
}

#[tokio::test]
async fn a_batch_of_a_queue() {
    let (dynamo, first) = database().await;
    account(&first, "1", &[1, 2, 3]).await;
    account(&first, "2", &[1]).await;
    let one = commits(&dynamo, "1").await;
    let mut spent = Vec::new();
    for (queue, batch) in [
        ("Statement", &one[1..2]),
        ("Statement", &one[2..]),
        ("Statement", &one[1..]),
        ("Wealth", &one[..1]),
        ("Wealth", &one[1..2]),
        ("Wealth", &one[2..]),
        ("Wealth", &one[..]),
        ("greet", &one[..1]),
        ("thank", &one[1..]),
        ("welcome_once", &one[..1]),
        ("welcome_once", &one[..1]),
    ] {
        let (told, verdicts) = take(&dynamo, &first, queue, batch).await;
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{queue}: {verdicts:?}");
        spent.push(format!("{queue} {}: {told}", batch.len()));
    }
    // Another process remembers nothing.
    let other = app(&dynamo, &ALL);
    for (queue, batch) in [("Statement", &one[1..]), ("Wealth", &one[..])] {
        let (told, _) = take(&dynamo, &other, queue, batch).await;
        spent.push(format!("{queue} {}, again: {told}", batch.len()));
    }
    let two = [one, commits(&dynamo, "2").await].concat();
    let (told, _) = take(&dynamo, &other, "greet", &[two[0].clone(), two[4].clone()]).await;
    spent.push(format!("greet, two streams: {told}"));
    assert_eq!(
        spent,
        [
            "Statement 1: GetItem, PutItem, Query | 1 WCU, 2 RCU",
            "Statement 2: PutItem, Query | 1 WCU, 1 RCU",
            "Statement 3: Query | 0 WCU, 1 RCU",
            "Wealth 1: 6 GetItem, 3 PutItem, 2 Query | 3 WCU, 8 RCU",
            "Wealth 1: 2 PutItem, Query | 2 WCU, 1 RCU",
            "Wealth 2: 2 PutItem, Query | 2 WCU, 1 RCU",
            "Wealth 4: Query | 0 WCU, 1 RCU",
            "greet 1: Query | 0 WCU, 1 RCU",
            "thank 3: Query | 0 WCU, 1 RCU",
            "welcome_once 1: 2 PutItem, Query | 2 WCU, 1 RCU",
            "welcome_once 1: PutItem, Query | 0 WCU, 1 RCU",
            "Statement 3, again: GetItem, Query | 0 WCU, 2 RCU",
            "Wealth 4, again: 2 GetItem, Query | 0 WCU, 3 RCU",
            "greet, two streams: Query | 0 WCU, 1 RCU",
        ]
    );
}

#[tokio::test]
async fn what_fails_behind_a_queue() {
    let (dynamo, app) = database().await;
    account(&app, "1", &[13, 1]).await;
    account(&app, "2", &[14]).await;
    let (one, two) = (commits(&dynamo, "1").await, commits(&dynamo, "2").await);
    let mut spent = Vec::new();
    for (what, batch) in
        [("retry", &two[1..]), ("last retry", &two[1..]), ("refused", &one[1..2]), ("waits", &one[2..])]
    {
        let (told, verdicts) = take(&dynamo, &app, "thank", batch).await;
        spent.push(format!("{what}, {}: {told}", format!("{:?}", verdicts[0]).split_once(' ').unwrap().0));
    }
    let repaired = app_repaired(&dynamo);
    let consumer = repaired.consumer("thank").unwrap();
    let letter = |commit| Received::new(Message::of(&app, commit).body);
    let redriven = cost(&dynamo, consumer.redrive(&[letter(&one[1]), letter(&one[2])])).await;
    spent.push(format!("redriven, {:?}: {}", redriven.1, redriven.0));
    let stream = bank::account("2").stream().unwrap();
    spent.push(format!(
        "discarded: {}",
        cost(&dynamo, consumer.discard(&stream, Version::new(2), "why")).await.0
    ));
    let turn = cost(&dynamo, consumer.redrive_turn(Duration::from_secs(60))).await;
    spent.push(format!("turn: {}", turn.0));
    spent.push(format!("its end: {}", cost(&dynamo, turn.1.unwrap().unwrap().end()).await.0));
    assert_eq!(
        spent,
        [
            "retry, Retry: PutItem, 2 Query | 1 WCU, 2 RCU",
            "last retry, Dead: DeleteItem, 2 PutItem, 2 Query | 3 WCU, 2 RCU",
            "refused, Dead: PutItem, Query | 1 WCU, 1 RCU",
            "waits, Dead: PutItem, Query | 1 WCU, 1 RCU",
            "redriven, [Done, Done]: 2 DeleteItem | 2 WCU, 0 RCU",
            "discarded: DeleteItem | 1 WCU, 0 RCU",
            "turn: PutItem | 1 WCU, 0 RCU",
            "its end: DeleteItem | 1 WCU, 0 RCU",
        ]
    );
}

fn app_repaired(dynamo: &Dynamo) -> App {
    let repaired = Repaired(AtomicU64::new(1));
    let builder = App::builder(dynamo.event_store()).views(dynamo.views()).provide(repaired);
    builder.only(ALL).build().unwrap()
}

/// The first run asks which editions of keyed views there are, and notes that this one begins; every other one asks.
#[tokio::test]
async fn a_run_in_one_process() {
    let (dynamo, first) = database().await;
    let mut spent = Vec::new();
    spent.push(format!("nothing: {}", cost(&dynamo, first.run_until_idle()).await.0));
    account(&first, "1", &[1]).await;
    spent.push(format!("two commits: {}", cost(&dynamo, first.run_until_idle()).await.0));
    first.execute(&bank::account("1"), deposit(2)).await.unwrap();
    spent.push(format!("one more: {}", cost(&dynamo, first.run_until_idle()).await.0));
    first.execute(&bank::account("1"), deposit(13)).await.unwrap();
    first.execute(&bank::account("1"), deposit(3)).await.unwrap();
    spent.push(format!("refused, and one behind: {}", cost(&dynamo, first.run_until_idle()).await.0));
    spent.push(format!("idle: {}", cost(&dynamo, first.run_until_idle()).await.0));
    spent.push(format!("listed: {}", cost(&dynamo, first.dead_letters().list()).await.0));
    let repaired = app_repaired(&dynamo);
    spent.push(format!("redriven: {}", cost(&dynamo, repaired.dead_letters().redrive("thank")).await.0));
    first.execute(&bank::account("1"), deposit(13)).await.unwrap();
    first.run_until_idle().await.unwrap();
    let id = LetterId::new("thank", "BANK#ACCOUNT", "ACCOUNT#1@0000000006");
    spent.push(format!("discarded: {}", cost(&dynamo, first.dead_letters().discard(&id, "why")).await.0));
    spent.push(format!("unreplayed: {}", cost(&dynamo, first.unreplayed()).await.0));
    assert_eq!(
        spent,
        [
            "nothing: DescribeTable, 5 GetItem, 3 PutItem, 18 Query, 2 Scan | 3 WCU, 25 RCU",
            "two commits: DescribeTable, 6 GetItem, 10 PutItem, 18 Query | 10 WCU, 24 RCU",
            "one more: DescribeTable, GetItem, 8 PutItem, 17 Query | 8 WCU, 18 RCU",
            "refused, and one behind: DescribeTable, GetItem, 10 PutItem, 17 Query | 10 WCU, 18 RCU",
            "idle: DescribeTable, GetItem, 19 Query | 0 WCU, 20 RCU",
            "listed: 8 Query | 0 WCU, 8 RCU",
            "redriven: 2 DeleteItem, 3 Query | 2 WCU, 3 RCU",
            "discarded: DeleteItem | 1 WCU, 0 RCU",
            "unreplayed: Query | 0 WCU, 1 RCU",
        ]
    );
}

#[tokio::test]
async fn a_read() {
    let (dynamo, first) = database().await;
    account(&first, "1", &[1, 2]).await;
    first.run_until_idle().await.unwrap();
    let (key, other) = (bank::account("1"), app(&dynamo, &ALL));
    let owner = WealthKey::new(&bank::tenant(), "Ada");
    let spent = vec![
        format!("load: {}", cost(&dynamo, other.load(&key)).await.0),
        format!("load, warm: {}", cost(&dynamo, first.load(&key)).await.0),
        format!("history: {}", cost(&dynamo, other.history(&key).try_collect::<Vec<_>>()).await.0),
        format!("view: {}", cost(&dynamo, other.view::<Statement>(&key)).await.0),
        format!("view across: {}", cost(&dynamo, other.view::<Wealth>(&owner)).await.0),
    ];
    assert_eq!(
        spent,
        [
            "load: Query | 0 WCU, 1 RCU",
            "load, warm: Query | 0 WCU, 1 RCU",
            "history: Query | 0 WCU, 1 RCU",
            "view: GetItem | 0 WCU, 1 RCU",
            "view across: 2 GetItem | 0 WCU, 2 RCU",
        ]
    );
}

#[tokio::test]
async fn a_replay() {
    let (dynamo, app) = database().await;
    account(&app, "1", &[1, 2]).await;
    account(&app, "2", &[1]).await;
    app.run_until_idle().await.unwrap();
    let spent = vec![
        format!("at the aggregate's key: {}", cost(&dynamo, app.replay::<Statement>().parallel(1)).await.0),
        format!("across: {}", cost(&dynamo, app.replay::<Wealth>().parallel(1)).await.0),
        format!("one view: {}", cost(&dynamo, app.replay::<Statement>().key(&bank::account("1"))).await.0),
    ];
    assert_eq!(
        spent,
        [
            "at the aggregate's key: BatchExecuteStatement, DescribeTable, 2 GetItem, 3 PutItem, Query, Scan | 5 WCU, 4 RCU",
            "across: DescribeTable, 6 GetItem, 5 PutItem, 2 Query, 2 Scan, 2 TransactWriteItems | 15 WCU, 10 RCU",
            "one view: GetItem, 2 PutItem, Query | 2 WCU, 2 RCU",
        ]
    );
}

/// A topic that takes everything.
fn topic(database: &Embedded) -> SnsPublisher {
    let conf = Faults::new(database, |_| published()).sdk_config();
    let publisher = SnsPublisher::new(aws_sdk_sns::Client::new(&conf), "arn:aws:sns:eu-central-1:1:bank");
    publisher.with_max_message_bytes(100_000)
}

#[tokio::test]
async fn a_relay() {
    let (dynamo, app) = database().await;
    account(&app, "1", &[1; 9]).await;
    let mut relay = Relay::new(&dynamo, &app, topic(&Embedded::in_memory().unwrap()));
    let mut spent = Vec::new();
    spent.push(format!("first: {}", cost(&dynamo, relay.run_until_idle()).await.0));
    spent.push(format!("idle: {}", cost(&dynamo, relay.run_until_idle()).await.0));
    app.execute(&bank::account("1"), deposit(2)).await.unwrap();
    spent.push(format!("one more: {}", cost(&dynamo, relay.run_until_idle()).await.0));
    let since = "2020-01-01T00:00:00Z".parse().unwrap();
    spent.push(format!("catch-up: {}", cost(&dynamo, relay.catch_up(since)).await.0));
    assert_eq!(
        spent,
        [
            "first: 2 DescribeTable, PutItem, 3 Query, 6 UpdateItem | 7 WCU, 3 RCU",
            "idle: DescribeTable, Query, 2 UpdateItem | 2 WCU, 1 RCU",
            "one more: 2 DescribeTable, 2 Query, 5 UpdateItem | 5 WCU, 2 RCU",
            "catch-up: 4 DeleteItem, 3 Query, 4 Scan, 8 UpdateItem | 12 WCU, 7 RCU",
        ]
    );
}

#[tokio::test]
async fn tables() {
    let database = Embedded::in_memory().unwrap();
    let dynamo = Dynamo::from_conf(&database.sdk_config()).with_tables(Tables::with_prefix("new-"));
    let spent = vec![
        format!("none: {}", cost(&dynamo, dynamo.create_tables()).await.0),
        format!("all: {}", cost(&dynamo, dynamo.create_tables()).await.0),
    ];
    assert_eq!(
        spent,
        [
            "none: 4 CreateTable, 8 DescribeTable, DescribeTimeToLive, UpdateTimeToLive | 0 WCU, 0 RCU",
            "all: 8 DescribeTable, DescribeTimeToLive | 0 WCU, 0 RCU",
        ]
    );
}
