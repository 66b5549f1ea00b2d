//! The cost of timers on DynamoDB.

use cqrs_core::store::{AppendAll, EventStore, TimerId};
use cqrs_dynamo::Dynamo;
use cqrs_tests::commits::at;
use serde_json::json;

use crate::{append, due, none, order, set, timer};

#[tokio::test]
async fn a_timer_by_itself_is_a_plain_write() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let store = dynamo.event_store();
    let spent = dynamo.spent(set(&store, &timer(1))).await;
    assert_eq!(spent.requests(1).wcu(1).rcu(0).names, ["PutItem"]);

    let mut large = timer(2);
    large.command.data = json!({ "text": "x".repeat(1024) });
    dynamo.spent(set(&store, &large)).await.requests(1).wcu(2);

    let spent = dynamo.spent(store.append_all(none().setting(timer(3)).setting(timer(4)))).await;
    assert_eq!(spent.requests(1).wcu(4).rcu(0).names, ["TransactWriteItems"], "all or none");
}

#[tokio::test]
async fn a_sweep_of_nothing_asks_each_partition_once() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let store = dynamo.event_store();
    // Timers that are not due yet are not read.
    set(&store, &timer(100)).await;
    let spent = dynamo.spent(due(&store, 99)).await;
    let spent = spent.requests(8).wcu(0).rcu(4);
    assert_eq!(spent.output, 0);
    assert_eq!(spent.names, ["Query"; 8]);
    // Up to 4 KB cost no more.
    let spent = dynamo.spent(due(&store, 100)).await;
    assert_eq!(spent.requests(8).wcu(0).rcu(4).output, 1);
    // If nothing can follow, no request is sent.
    let after = TimerId::new(at(100), "timer");
    let page = dynamo.spent(store.timers(after.pk(), at(50), Some(&after))).await.requests(0).output;
    assert_eq!(page.unwrap().timers.len(), 0);
}

#[tokio::test]
async fn a_page_has_an_end() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let store = dynamo.event_store();
    let names = (0..).map(|number: u32| TimerId::new(at(1), &number.to_string()));
    for id in names.filter(|id| id.pk() == TimerId::partition(0)).take(101) {
        let mut timer = timer(1);
        timer.id = id;
        set(&store, &timer).await;
    }
    let page = store.timers(&TimerId::partition(0), at(1), None).await.unwrap();
    assert_eq!((page.timers.len(), page.more), (100, true));
}

#[tokio::test]
async fn a_timer_that_is_fired_doubles_what_its_commit_costs_in_a_transaction() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let store = dynamo.event_store();
    set(&store, &timer(1)).await;
    let fire = none().firing(timer(1).id);
    let spent = dynamo.spent(append(&store, &order("1"), fire.clone())).await;
    let spent = spent.requests(1).wcu(4).rcu(0);
    assert_eq!(spent.names, ["TransactWriteItems"], "commit and timer");
    assert_eq!(spent.output.unwrap(), AppendAll::Written);

    let late = dynamo.spent(append(&store, &order("2"), fire)).await;
    let late = late.requests(1);
    assert_eq!(late.names, ["TransactWriteItems"]);
    assert_eq!(late.output.unwrap(), AppendAll::Gone);

    let both = dynamo.spent(append(&store, &order("3"), none().setting(timer(2)))).await;
    assert_eq!(both.requests(1).wcu(4).rcu(0).names, ["TransactWriteItems"]);

    // A failed timer takes its place.
    let failed = store.append_all(none().firing(timer(2).id).setting(timer(4)));
    assert_eq!(dynamo.spent(failed).await.requests(1).wcu(4).rcu(0).names, ["TransactWriteItems"]);
}

#[tokio::test]
async fn to_remove_a_timer_is_one_request() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let store = dynamo.event_store();
    set(&store, &timer(1)).await;
    let id = timer(1).id;
    let spent = dynamo.spent(store.remove_timer(&id)).await;
    let spent = spent.requests(1).wcu(1).rcu(0);
    assert_eq!(spent.names, ["DeleteItem"]);
    assert!(spent.output.unwrap());
    assert!(!dynamo.spent(store.remove_timer(&id)).await.requests(1).output.unwrap());
}
