//! What a replay costs, in requests and units, as the docs of `cqrs_core::replay` state it.

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{AccountKey, Open, Statement, Wealth, deposit};

use crate::world::*;

/// Accounts with two commits each, every owner with one account.
async fn world(accounts: usize) -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let consumer = app(&dynamo);
    for number in 0..accounts {
        let key = AccountKey::new(&tenant("NORTH"), format!("{number}"));
        consumer.execute(&key, Open { owner: format!("owner-{number}") }).await.unwrap();
        consumer.execute(&key, deposit(1)).await.unwrap();
    }
    consumer.run_until_idle().await.unwrap();
    let replayer = app(&dynamo);
    (dynamo, replayer)
}

/// Requests and write units of a replay.
async fn cost(accounts: usize, kind: Kind, scope: Option<&Tenant>) -> (u64, f64) {
    let (dynamo, app) = world(accounts).await;
    let before = dynamo.cost();
    kind.replay(&app, scope).await.unwrap();
    let cost = dynamo.cost() - before;
    (cost.requests, cost.write_units)
}

/// What one more stream costs, each with a view of its own.
async fn per_stream(kind: Kind, scope: Option<&Tenant>) -> (f64, f64) {
    let (few, many) = (cost(10, kind, scope).await, cost(30, kind, scope).await);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let requests = (many.0 - few.0) as f64 / 20.0;
    (requests, (many.1 - few.1) / 20.0)
}

#[tokio::test]
async fn a_view_at_its_aggregates_key_costs_one_request_and_its_own_size() {
    assert_eq!(per_stream(Kind::Statement, None).await, (1.0, 1.0), "PutItem");
    assert_eq!(per_stream(Kind::Statement, Some(&tenant("NORTH"))).await, (1.0, 1.0), "PutItem");
}

#[tokio::test]
async fn a_stream_of_a_view_across_aggregates_costs_three_requests_and_a_view_two() {
    // GetItem, GetItem, TransactWriteItems of two; GetItem, TransactWriteItems of two.
    assert_eq!(per_stream(Kind::Wealth, Some(&tenant("NORTH"))).await, (5.0, 8.0));
    // Where both copies stand on one page there is nothing to read.
    let (requests, writes) = per_stream(Kind::Wealth, None).await;
    assert!((4.0..=5.0).contains(&requests), "{requests}");
    assert_eq!(writes, 8.0);
}

#[tokio::test]
async fn the_frame_of_a_replay_costs_little() {
    // The number is read and written, commits counted, checkpoints read, the table scanned and noted, the end noted.
    assert_eq!(cost(0, Kind::Statement, None).await.0, 2 + 1 + 1 + 1 + 1 + 2);
    // One partition instead of the table, and nothing is counted.
    assert_eq!(cost(0, Kind::Statement, Some(&tenant("NORTH"))).await.0, 2 + 1 + 1 + 1 + 2);
}

#[tokio::test]
async fn one_view_costs_four_requests() {
    let (dynamo, app) = world(3).await;
    let before = dynamo.cost();
    app.replay::<Statement>().key(&AccountKey::new(&tenant("NORTH"), "1")).await.unwrap();
    let cost = dynamo.cost() - before;
    assert_eq!((cost.requests, cost.write_units), (4, 2.0), "GetItem, PutItem, Query, PutItem");
}

#[tokio::test]
async fn commits_of_shared_views_are_read_once() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let consumer = app(&dynamo);
    for number in 0..20 {
        let key = AccountKey::new(&tenant("NORTH"), format!("{number}"));
        consumer.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    }
    consumer.run_until_idle().await.unwrap();
    let (replayer, before) = (app(&dynamo), dynamo.cost());
    replayer.replay::<Wealth>().parallel(1).await.unwrap();
    let requests = (dynamo.cost() - before).requests;
    // Fence and transaction for each stream; the view is remembered.
    assert!((40..60).contains(&requests), "{requests}");
}
