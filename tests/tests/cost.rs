//! The cost of a command on DynamoDB. The SDK's interceptor counts requests, and the answers tell capacity. All other
//! costs are in `spending.rs`.

use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, AccountKey, Deposit, DepositAll, Open, Withdraw, deposit};
use cqrs_tests::faults::{Fault, Faults};
use futures_util::{StreamExt, TryStreamExt};

async fn start() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    (dynamo, app)
}

/// An app with an account that is in memory.
async fn opened() -> (Dynamo, App, AccountKey) {
    let (dynamo, app) = start().await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    (dynamo, app, key)
}

fn note(bytes: usize) -> Deposit {
    Deposit { cents: 1, note: "x".repeat(bytes) }
}

#[tokio::test]
async fn cold_two_requests_warm_one() {
    let (dynamo, app) = start().await;
    let key = bank::account("1");
    let cold = dynamo.spent(app.execute(&key, Open { owner: "Ada".into() })).await;
    assert_eq!(cold.requests(2).wcu(1).rcu(1).names, ["Query", "PutItem"], "on an empty stream");
    let warm = dynamo.spent(app.execute(&key, deposit(5))).await;
    assert_eq!(warm.requests(1).wcu(1).rcu(0).names, ["PutItem"]);

    let fresh = bank::app(dynamo.event_store()).unwrap();
    let cold = dynamo.spent(fresh.execute(&key, deposit(5))).await;
    assert_eq!(cold.requests(2).wcu(1).rcu(1).names, ["Query", "PutItem"]);
}

#[tokio::test]
async fn an_event_of_500_bytes_costs_one_write_unit() {
    let (dynamo, app, key) = opened().await;
    dynamo.spent(app.execute(&key, note(500))).await.requests(1).wcu(1).rcu(0);
}

#[tokio::test]
async fn several_events_up_to_a_kilobyte_cost_one_write_unit() {
    let (dynamo, app, key) = opened().await;
    dynamo.spent(app.execute(&key, DepositAll(vec![1, 2, 3, 4, 5]))).await.requests(1).wcu(1).rcu(0);
    // 150 events are still one request; their write units follow from their size alone.
    let spent = dynamo.spent(app.execute(&key, DepositAll((1..=150).collect()))).await.requests(1).rcu(0);
    assert!((2.0..20.0).contains(&spent.cost.write_units), "{}", spent.cost);
}

#[tokio::test]
async fn a_conflict_costs_one_request_more() {
    let (dynamo, app, key) = opened().await;
    let other = bank::app(dynamo.event_store()).unwrap();
    other.execute(&key, deposit(1)).await.unwrap();
    // The first one brings the winner.
    let spent = dynamo.spent(app.execute(&key, deposit(1))).await.requests(2).rcu(0);
    assert_eq!(spent.names, ["PutItem", "PutItem"]);
    assert!(spent.cost.write_units <= 2.0, "{}", spent.cost);
}

#[tokio::test]
async fn the_fourth_conflict_in_a_row_reads_what_is_new() {
    let (database, dynamo) = cqrs_tests::faults::database().await;
    let (winners, puts) = (bank::app(dynamo.event_store()).unwrap(), AtomicUsize::new(0));
    let faults = Faults::after(&database, move |call| {
        let wins = call.operation == "PutItem" && (1..=4).contains(&puts.fetch_add(1, Ordering::Relaxed));
        let winners = winners.clone();
        Box::pin(async move {
            if wins {
                winners.execute(&bank::account("1"), deposit(1)).await.unwrap();
            }
            Fault::None
        })
    });
    let dynamo = faults.dynamo_without_retries();
    let app = bank::app(dynamo.event_store()).unwrap();
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    let spent = dynamo.spent(app.execute(&key, deposit(5))).await;
    assert_eq!(spent.names, ["PutItem", "PutItem", "PutItem", "PutItem", "Query", "PutItem"]);
    assert_eq!(spent.output.unwrap().version, Version::new(6));
}

/// The SDK repeats a request that a service did not take. The command id shows that an answer was lost.
#[tokio::test]
async fn a_write_that_was_sent_again_costs_no_more_than_its_requests() {
    // The units of a lost answer are not known.
    for (fault, units) in [(Fault::Answer(503, "ServiceUnavailable"), 1.0), (Fault::AnswerLost, 0.0)] {
        let (database, _) = cqrs_tests::faults::database().await;
        let dynamo = Faults::at(&database, "PutItem", 1, fault).dynamo();
        let app = bank::app(dynamo.event_store()).unwrap();
        let key = bank::account("1");
        app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        let spent = dynamo.spent(app.execute(&key, deposit(5))).await;
        assert_eq!(spent.output.unwrap().version, Version::new(2), "{fault:?}");
        assert_eq!(spent.names, ["PutItem", "PutItem"], "{fault:?}");
        assert_eq!(spent.cost.write_units, units, "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_not_written_costs_what_must_be_read() {
    let (dynamo, app, key) = opened().await;
    // A rejection is decided again on fresh state, and so is a decision without events.
    let rejected = dynamo.spent(app.execute(&key, Withdraw { cents: 1 })).await.requests(1).wcu(0).rcu(1);
    assert!(rejected.output.is_err());
    let unchanged = dynamo.spent(app.execute(&key, deposit(0))).await.requests(1).wcu(0).rcu(1);
    assert!(unchanged.output.unwrap().is_unchanged());
    // A given command id costs nothing; a repeated command reads its first outcome.
    dynamo.spent(app.execute(&key, deposit(1)).command_id("once")).await.requests(1).wcu(1).rcu(0);
    dynamo.spent(app.execute(&key, deposit(1)).command_id("once")).await.requests(1).wcu(0).rcu(1);
    // A commit that is too large is not sent. It is decided again on fresh state, too: another state may make it smaller.
    dynamo.spent(app.execute(&key, note(500_000))).await.requests(1).wcu(0).rcu(1).output.unwrap_err();
}

#[tokio::test]
async fn a_long_stream_is_read_a_page_a_request() {
    let (dynamo, app, key) = opened().await;
    for _ in 0..30 {
        app.execute(&key, note(105_000)).await.unwrap();
    }
    let fresh = bank::app(dynamo.event_store()).unwrap();
    // Four pages for 3.1 MB, and PutItem.
    let spent = dynamo.spent(fresh.execute(&key, deposit(1))).await.requests(5).wcu(1);
    // 4 KB a unit, in consistent reads.
    assert!((750.0..=830.0).contains(&spent.cost.read_units), "{}", spent.cost);
    assert_eq!(spent.output.unwrap().version, Version::new(32));
}

#[tokio::test]
async fn a_history_reads_a_page_when_it_is_needed() {
    let (dynamo, app, key) = opened().await;
    for _ in 0..30 {
        app.execute(&key, note(105_000)).await.unwrap();
    }
    let reader = bank::app(dynamo.event_store()).unwrap();
    let mut history = reader.history(&key);
    // The first page of four, then the others.
    assert!(dynamo.spent(history.next()).await.requests(1).output.is_some());
    let rest = dynamo.spent(history.try_collect::<Vec<_>>()).await.requests(3);
    assert_eq!(rest.output.unwrap().len(), 30);
}

/// The message of a failing assertion.
async fn said<T>(
    dynamo: &Dynamo,
    work: impl Future<Output = T>,
    look: impl FnOnce(cqrs_dynamo::Spent<T>),
) -> String {
    let spent = dynamo.spent(work).await;
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(spent))).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[tokio::test]
async fn more_than_was_expected_is_reported_with_the_requests_by_name() {
    let (dynamo, app) = start().await;
    let open = |number: &str| app.execute(&bank::account(number), Open { owner: "Ada".into() }).into_future();
    let told = said(&dynamo, open("1"), |spent| drop(spent.requests(1))).await;
    assert_eq!(told, "expected 1 request, but there were 2 (Query, PutItem): 2 requests, 1 WCU, 1 RCU");
    let told = said(&dynamo, open("2"), |spent| drop(spent.requests(2).wcu(2))).await;
    assert_eq!(told, "expected 2 WCU, but it took 1 (Query, PutItem): 2 requests, 1 WCU, 1 RCU");
    let told = said(&dynamo, open("3"), |spent| drop(spent.rcu(0.5))).await;
    assert_eq!(told, "expected 0.5 RCU, but it took 1 (Query, PutItem): 2 requests, 1 WCU, 1 RCU");
    let told = said(&dynamo, std::future::ready(()), |spent| drop(spent.requests(3))).await;
    assert_eq!(told, "expected 3 requests, but there were 0: 0 requests, 0 WCU, 0 RCU");
}
