//! The cost of a replay, in requests and units, as the docs of `cqrs_core::replay` give it.

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
    let (few, many) = (cost(50, kind, scope).await, cost(150, kind, scope).await);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let requests = (many.0 as f64 - few.0 as f64) / 100.0;
    (requests, (many.1 - few.1) / 100.0)
}

#[tokio::test]
async fn a_view_at_its_aggregates_key_costs_a_twentyfifth_of_a_request_and_its_own_size() {
    let (requests, writes) = per_stream(Kind::Statement, Some(&tenant("NORTH"))).await;
    assert_eq!((requests, writes), (0.04, 1.0), "BatchExecuteStatement of 25");
    // Segments of the table divide a partition arbitrarily.
    let (requests, writes) = per_stream(Kind::Statement, None).await;
    assert!((0.04..=0.1).contains(&requests), "{requests}");
    assert_eq!(writes, 1.0);
}

#[tokio::test]
async fn a_stream_of_a_view_across_aggregates_and_its_view_cost_less_than_a_tenth_of_a_request() {
    for scope in [None, Some(&tenant("NORTH"))] {
        // BatchGetItem of 50 and of 50, TransactWriteItems of 50 and 50; BatchGetItem of up to 100, TransactWriteItems of 50 and 50.
        let (requests, writes) = per_stream(Kind::Wealth, scope).await;
        assert!((0.07..=0.1).contains(&requests), "{scope:?}: {requests}");
        assert_eq!(writes, 8.0, "{scope:?}");
    }
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
    // The frame, a page, its fences, the view, one transaction, and both copies of the view at the end.
    assert!((15..22).contains(&requests), "{requests}");
}
