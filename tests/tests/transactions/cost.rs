//! The cost of a transaction on DynamoDB.

use cqrs_tests::bank::{self, Withdraw, deposit};

use super::{account, start};

#[tokio::test]
async fn a_warm_transfer_is_one_request_and_two_write_units_an_item() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let read = account(&app, "3", 0).await;
    let transfer = || app.transaction().execute(&from, Withdraw { cents: 1 }).execute(&to, deposit(1));
    let spent = dynamo.spent(transfer().into_future()).await;
    assert_eq!(spent.requests(1).wcu(4).rcu(0).names, ["TransactWriteItems"]);
    let spent = dynamo.spent(transfer().unchanged(&read).into_future()).await;
    assert_eq!(spent.requests(1).wcu(6).rcu(0).names, ["TransactWriteItems"]);
    let spent = dynamo.spent(transfer().command_id("once").into_future()).await;
    assert_eq!(spent.requests(1).wcu(4).rcu(0).names, ["TransactWriteItems"]);
    // One commit is no more than that of a single command.
    let spent = dynamo.spent(app.transaction().execute(&from, deposit(1)).into_future()).await;
    assert_eq!(spent.requests(1).wcu(1).rcu(0).names, ["PutItem"]);
}

#[tokio::test]
async fn a_cold_transfer_reads_its_streams_at_once() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let fresh = bank::app(dynamo.event_store()).unwrap();
    let transfer = fresh.transaction().execute(&from, Withdraw { cents: 1 }).execute(&to, deposit(1));
    let spent = dynamo.spent(transfer.into_future()).await;
    assert_eq!(spent.requests(3).wcu(4).rcu(2).names, ["Query", "Query", "TransactWriteItems"]);
}

/// The winners come with the refusal.
#[tokio::test]
async fn a_conflict_costs_one_request_more() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let other = bank::app(dynamo.event_store()).unwrap();
    other.execute(&from, deposit(1)).await.unwrap();
    other.execute(&to, deposit(1)).await.unwrap();
    let transfer = app.transaction().execute(&from, Withdraw { cents: 1 }).execute(&to, deposit(1));
    let spent = dynamo.spent(transfer.into_future()).await;
    assert_eq!(spent.requests(2).rcu(0).names, ["TransactWriteItems", "TransactWriteItems"]);
}
