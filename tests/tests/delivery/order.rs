//! What arrives, and in which order.

use std::collections::BTreeSet;

use cqrs_core::app::SubscriberKind;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::{MemoryViewStore, ViewStore};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{Deposit, DepositAll, Withdraw, deposit};

use crate::office::*;

const ACCOUNTS: [&str; 3] = ["1", "2", "3"];

async fn every_commit_arrives(store: impl cqrs_core::app::IntoStores, views: impl ViewStore) {
    let clerk = Clerk::new();
    let app = app_of(store, views, &clerk, &ALL);
    open(&app, &ACCOUNTS).await;
    for round in 0..5 {
        pay(&app, &ACCOUNTS).await;
        app.execute(&key("1"), Withdraw { cents: round }).await.unwrap();
    }
    app.execute(&key("2"), DepositAll(vec![1, 2, 3])).await.unwrap();

    let delivered = app.run_until_idle().await.unwrap();
    assert_eq!(delivered.commits, 3 + 5 * 4 + 1);
    for (account, last) in [("1", 11), ("3", 6)] {
        assert_eq!(clerk.versions(account), (1..=last).collect::<Vec<_>>(), "{account}");
    }
    assert_eq!(clerk.versions("2"), [1, 2, 3, 4, 5, 6, 7, 7, 7]);
    let of_last = clerk.calls().into_iter().filter(|call| call.is("2", 7));
    assert_eq!(of_last.map(|call| call.index).collect::<Vec<_>>(), [0, 1, 2], "events in their order");
    assert_views_are_the_fold(&app, &ACCOUNTS, "all at once").await;

    pay(&app, &["3"]).await;
    assert_eq!(app.run_until_idle().await.unwrap().commits, 1);
    assert_eq!(clerk.versions("3"), [7], "what was taken does not come again");
    assert_views_are_the_fold(&app, &ACCOUNTS, "one more").await;
    assert_eq!(letters(&app).await, []);
}

#[tokio::test]
async fn every_commit_reaches_handlers_and_views_in_the_order_of_its_stream() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    every_commit_arrives(dynamo.event_store(), dynamo.views()).await;
}

#[tokio::test]
async fn so_it_does_in_memory() {
    every_commit_arrives(MemoryEventStore::new(), MemoryViewStore::new()).await;
}

#[tokio::test]
async fn commands_of_handlers_are_delivered_before_it_is_idle() {
    let (_, app, clerk) = start().await;
    let accounts = ["0", "1", "2", "3"];
    open(&app, &accounts).await;
    app.execute(&key("3"), Deposit { cents: 5, note: "2".into() }).await.unwrap();
    app.run_until_idle().await.unwrap();
    for account in accounts {
        assert_eq!(clerk.versions(account), [1, 2], "{account}");
        assert_eq!(app.load(&key(account)).await.unwrap().state.balance, 5, "{account}");
    }
    assert_views_are_the_fold(&app, &accounts, "three hands on").await;
}

#[tokio::test]
async fn commands_of_handlers_carry_what_caused_them() {
    let (_, app, _) = start().await;
    open(&app, &["0", "1", "2"]).await;
    let deposit = Deposit { cents: 5, note: "1".into() };
    let first = app.execute(&key("2"), deposit).correlation_id("request-1").await.unwrap();
    app.run_until_idle().await.unwrap();
    let (second, third) = (&log(&app, "1").await[1], &log(&app, "0").await[1]);
    for (recorded, cause) in [(second, &first.metadata), (third, second.metadata())] {
        let metadata = recorded.metadata();
        assert_eq!(metadata.correlation_id, "request-1");
        assert_eq!(metadata.causation_id.as_ref(), Some(&cause.command_id));
        assert_ne!(metadata.command_id, cause.command_id);
    }
}

#[tokio::test]
async fn a_handler_that_sends_several_commands_sends_each_once() {
    let (_, app, _) = start().await;
    open(&app, &["0", "1"]).await;
    // Two events of one commit, and two commits, go to one account: four ids.
    for _ in 0..2 {
        app.execute(&key("1"), Deposit { cents: 5, note: "0".into() }).await.unwrap();
    }
    app.execute(&key("1"), deposit(5)).await.unwrap();
    app.run_until_idle().await.unwrap();
    let log = log(&app, "0").await;
    let ids: BTreeSet<_> = log.iter().map(|recorded| &recorded.metadata().command_id).collect();
    assert_eq!((log.len(), ids.len()), (3, 3));
}

#[tokio::test]
async fn an_app_without_subscribers_is_idle_at_once() {
    let (dynamo, app, clerk) = start().await;
    open(&app, &["1"]).await;
    let silent = app_of(dynamo.event_store(), dynamo.views(), &clerk, &[]);
    assert_eq!(silent.run_until_idle().await.unwrap().commits, 0);
    app.run_until_idle().await.unwrap();
    assert_eq!(clerk.versions("1"), [1]);
}

#[tokio::test]
async fn a_subscriber_that_joins_later_gets_what_the_feed_still_holds() {
    let (dynamo, app, clerk) = start().await;
    open(&app, &ACCOUNTS).await;
    app_of(dynamo.event_store(), dynamo.views(), &clerk, &["Statement"]).run_until_idle().await.unwrap();
    pay(&app, &ACCOUNTS).await;
    app.run_until_idle().await.unwrap();
    for account in ACCOUNTS {
        assert_eq!(clerk.versions(account), [1, 2]);
    }
    assert_views_are_the_fold(&app, &ACCOUNTS, "joined later").await;
}

#[tokio::test]
async fn a_subscriber_that_fell_behind_continues_where_it_was() {
    let (dynamo, app, clerk) = start().await;
    open(&app, &ACCOUNTS).await;
    app.run_until_idle().await.unwrap();
    pay(&app, &ACCOUNTS).await;
    app_of(dynamo.event_store(), dynamo.views(), &clerk, &["Statement"]).run_until_idle().await.unwrap();
    pay(&app, &ACCOUNTS).await;
    app.run_until_idle().await.unwrap();
    for account in ACCOUNTS {
        assert_eq!(clerk.versions(account), [1, 2, 3]);
    }
    assert_views_are_the_fold(&app, &ACCOUNTS, "fell behind").await;
}

#[tokio::test]
async fn the_wiring_is_told_as_data() {
    let (_, app, _) = start().await;
    let wiring = app.wiring();
    let events = wiring.events.iter().map(|event| (event.name, event.schema, event.aggregate));
    let of_account: Vec<_> = events.filter(|(_, _, aggregate)| *aggregate == "Account").collect();
    assert_eq!(of_account, ["Opened", "Deposited", "Withdrawn"].map(|name| (name, 1, "Account")));
    let listeners = |name: &str| {
        let mut events = wiring.events.iter();
        events.find(|event| event.name == name).unwrap().subscribers.clone()
    };
    assert_eq!(listeners("Deposited"), ["Statement", "Wealth", "clerk", "pass"]);
    assert_eq!(listeners("Opened"), ["Wealth", "clerk"]);
    let subscribers: Vec<_> = wiring.subscribers.iter().map(|known| (known.name, known.kind)).collect();
    let (projection, handler) = (SubscriberKind::Projection, SubscriberKind::Handler { once: false });
    assert_eq!(
        subscribers,
        [("Statement", projection), ("Wealth", projection), ("clerk", handler), ("pass", handler)]
    );
    let pass = &wiring.subscribers[3];
    assert_eq!(pass.events, ["Deposited"]);
    let (file, line) = pass.location.rsplit_once(':').unwrap();
    assert!(file.ends_with("office.rs") && line.parse::<u32>().is_ok(), "{}", pass.location);
}
