//! What a command costs on DynamoDB, as the SDK's interceptor counts requests and as the answers tell capacity.

use cqrs_core::prelude::*;
use cqrs_dynamo::{Cost, Dynamo};
use cqrs_tests::bank::{self, Deposit, DepositAll, Open, Withdraw, deposit};
use futures_util::{StreamExt, TryStreamExt};

struct Meter(Dynamo, Cost);

impl Meter {
    /// Requests, write units and read units since the last reading.
    fn read(&mut self) -> (u64, f64, f64) {
        let now = self.0.cost();
        let spent = now - std::mem::replace(&mut self.1, now);
        (spent.requests, spent.write_units, spent.read_units)
    }
}

async fn start() -> (Dynamo, App, Meter) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    let meter = Meter(dynamo.clone(), dynamo.cost());
    (dynamo, app, meter)
}

#[tokio::test]
async fn cold_two_requests_warm_one() {
    let (dynamo, app, mut meter) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    assert_eq!(meter.read(), (2, 1.0, 1.0), "cold, on an empty stream: Query, PutItem");
    app.execute(&key, deposit(5)).await.unwrap();
    assert_eq!(meter.read(), (1, 1.0, 0.0), "warm: PutItem");

    let fresh = bank::app(dynamo.event_store()).unwrap();
    fresh.execute(&key, deposit(5)).await.unwrap();
    assert_eq!(meter.read(), (2, 1.0, 1.0), "cold: Query, PutItem");
}

#[tokio::test]
async fn an_event_of_500_bytes_costs_one_write_unit() {
    let (_, app, mut meter) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    meter.read();
    app.execute(&key, Deposit { cents: 1, note: "x".repeat(500) }).await.unwrap();
    assert_eq!(meter.read(), (1, 1.0, 0.0));
}

#[tokio::test]
async fn several_events_up_to_a_kilobyte_cost_one_write_unit() {
    let (_, app, mut meter) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    meter.read();
    app.execute(&key, DepositAll(vec![1, 2, 3, 4, 5])).await.unwrap();
    assert_eq!(meter.read(), (1, 1.0, 0.0), "five events");
    // 150 events are still one request; their write units follow from their size alone.
    app.execute(&key, DepositAll((1..=150).collect())).await.unwrap();
    let (requests, writes, reads) = meter.read();
    assert_eq!((requests, reads), (1, 0.0));
    assert!((2.0..20.0).contains(&writes), "{writes}");
}

#[tokio::test]
async fn a_conflict_costs_one_request_more() {
    let (dynamo, app, mut meter) = start().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    other.execute(&key, deposit(1)).await.unwrap();
    meter.read();
    app.execute(&key, deposit(1)).await.unwrap();
    let (requests, writes, reads) = meter.read();
    assert_eq!((requests, reads), (2, 0.0), "PutItem, which brings the winner, and PutItem");
    assert!(writes <= 2.0, "{writes}");
}

#[tokio::test]
async fn what_is_not_written_costs_what_must_be_read() {
    let (_, app, mut meter) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    meter.read();
    assert!(app.execute(&key, Withdraw { cents: 1 }).await.is_err());
    assert_eq!(meter.read(), (1, 0.0, 1.0), "a rejection is decided again on fresh state");
    assert!(app.execute(&key, deposit(0)).await.unwrap().is_unchanged());
    assert_eq!(meter.read(), (1, 0.0, 1.0), "so are no events");
    app.execute(&key, deposit(1)).command_id("once").await.unwrap();
    assert_eq!(meter.read(), (1, 1.0, 0.0), "a given command id costs nothing");
    app.execute(&key, deposit(1)).command_id("once").await.unwrap();
    assert_eq!(meter.read(), (1, 0.0, 1.0), "a repeated command reads its first outcome");
    app.execute(&key, Deposit { cents: 1, note: "x".repeat(500_000) }).await.unwrap_err();
    assert_eq!(meter.read(), (0, 0.0, 0.0), "what is too large is not sent");
}

#[tokio::test]
async fn a_long_stream_is_read_a_page_a_request() {
    let (dynamo, app, mut meter) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for _ in 0..30 {
        app.execute(&key, Deposit { cents: 1, note: "x".repeat(105_000) }).await.unwrap();
    }
    meter.read();
    let fresh = bank::app(dynamo.event_store()).unwrap();
    assert_eq!(fresh.execute(&key, deposit(1)).await.unwrap().version, Version::new(32));
    let (requests, writes, reads) = meter.read();
    assert_eq!((requests, writes), (5, 1.0), "four pages for 3.1 MB, and PutItem");
    // 4 KB a unit, in consistent reads.
    assert!((750.0..=830.0).contains(&reads), "{reads}");
}

#[tokio::test]
async fn a_history_reads_a_page_when_it_is_needed() {
    let (dynamo, app, mut meter) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for _ in 0..30 {
        app.execute(&key, Deposit { cents: 1, note: "x".repeat(105_000) }).await.unwrap();
    }
    let reader = bank::app(dynamo.event_store()).unwrap();
    let mut history = reader.history(&key);
    meter.read();
    assert!(history.next().await.is_some());
    assert_eq!(meter.read().0, 1, "the first page of four");
    assert_eq!(history.try_collect::<Vec<_>>().await.unwrap().len(), 30);
    assert_eq!(meter.read().0, 3, "the others");
}
