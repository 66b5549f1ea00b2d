//! Several processes that write one stream: each of them gets its turn, and none decides for good on what it remembers.

mod far;
mod remembered;

use std::collections::BTreeSet;

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Open, deposit};
use futures_util::TryStreamExt;

/// 20 tasks of 50 commands each, half of them in another process (another `App`, with its own cache and locks).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_commands_of_two_apps_are_a_thousand_commits() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let apps = [bank::tireless(dynamo.event_store()).unwrap(), bank::tireless(dynamo.event_store()).unwrap()];
    let key = bank::account("1");
    apps[0].execute(&key, Open { owner: "Ada".into() }).await.unwrap();

    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..20 {
        let (app, key) = (apps[task % 2].clone(), key.clone());
        tasks.spawn(async move {
            for command in 0..50 {
                let id = format!("{task}-{command}");
                app.execute(&key, deposit(1)).command_id(id).await.unwrap();
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }

    let log: Vec<_> = apps[1].history(&key).try_collect().await.unwrap();
    let versions: Vec<u64> = log.iter().map(|recorded| recorded.version().get()).collect();
    assert_eq!(versions, (1..=1001).collect::<Vec<_>>());
    let ids: BTreeSet<&str> =
        log[1..].iter().map(|recorded| recorded.metadata().command_id.as_str()).collect();
    assert_eq!(ids.len(), 1000);
    for app in &apps {
        assert_eq!(app.load(&key).await.unwrap().state.balance, 1000);
        assert_eq!(app.execute(&key, deposit(0)).await.unwrap().version, Version::new(1001));
    }
}

/// The rule of the account holds whichever writer is faster: it is never overdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rule_holds_under_contention() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let apps = [bank::tireless(dynamo.event_store()).unwrap(), bank::tireless(dynamo.event_store()).unwrap()];
    let key = bank::account("1");
    apps[0].execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    apps[0].execute(&key, deposit(100)).await.unwrap();

    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..40 {
        let (app, key) = (apps[task % 2].clone(), key.clone());
        tasks.spawn(async move { app.execute(&key, bank::Withdraw { cents: 7 }).await });
    }
    let (mut done, mut refused) = (0, 0);
    while let Some(ended) = tasks.join_next().await {
        match ended.unwrap() {
            Ok(_) => done += 1,
            Err(ExecuteError::Rejected(bank::Refusal::TooLittle(2))) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((done, refused), (14, 26));
    assert_eq!(apps[1].load(&key).await.unwrap().state.balance, 2);
}
