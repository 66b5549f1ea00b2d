//! Results of commands: commits, rejections, repetitions, and what can be read afterwards.

use std::sync::Arc;
use std::task::{Context, Waker};

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::{ExecuteError, Outcome, StoreError};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Account, AccountEvent, Deposit, DepositAll, Open, Refusal, Withdraw, deposit};
use futures_util::TryStreamExt;

/// Two processes on one database.
async fn two_apps() -> (App, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    (bank::app(dynamo.event_store()).unwrap(), bank::app(dynamo.event_store()).unwrap())
}

async fn opened(app: &App) -> bank::AccountKey {
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    key
}

#[tokio::test]
async fn a_command_becomes_a_commit() {
    let (app, other) = two_apps().await;
    let key = bank::account("1");
    let at: Timestamp = "2024-01-01T10:00:00Z".parse().unwrap();
    let before = Timestamp::now();
    let done = app
        .execute(&key, Open { owner: "Ada".into() })
        .by("teller-1")
        .at(at)
        .command_id("c-1")
        .correlation_id("request-1")
        .causation_id("c-0")
        .trace_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .await
        .unwrap();
    assert_eq!((done.version, done.outcome), (Version::new(1), Outcome::Committed));
    assert!(matches!(&done.events[..], [AccountEvent::Opened(event)] if event.owner == "Ada"));

    let log: Vec<_> = other.history(&key).try_collect().await.unwrap();
    let [recorded] = &log[..] else { panic!("{log:?}") };
    assert_eq!(recorded.metadata(), &done.metadata);
    assert_eq!(recorded.metadata().created_by.as_deref(), Some("teller-1"));
    assert_eq!(recorded.metadata().created_at, at);
    assert!(
        recorded.metadata().recorded() >= before,
        "an import is recorded now, whatever time it tells about"
    );
    assert_eq!(recorded.metadata().command_id, "c-1");
    assert_eq!(recorded.metadata().correlation_id, "request-1");
    assert_eq!(recorded.metadata().causation_id.as_deref(), Some("c-0"));
    assert!(recorded.metadata().trace_context.as_deref().is_some_and(|trace| trace.starts_with("00-0af7")));
    let loaded = other.load(&key).await.unwrap();
    assert_eq!(loaded.version, Version::new(1));
    assert_eq!(loaded.state, Account { owner: "Ada".into(), balance: 0, folded: 1 });
}

#[tokio::test]
async fn no_events_write_nothing() {
    let (app, _) = two_apps().await;
    let key = opened(&app).await;
    let done = app.execute(&key, deposit(0)).await.unwrap();
    assert!(done.is_unchanged() && done.events.is_empty());
    assert_eq!(done.version, Version::new(1));
    assert!(app.execute(&key, DepositAll(Vec::new())).await.unwrap().is_unchanged());
    assert_eq!(app.load(&key).await.unwrap().version, Version::new(1));
}

#[tokio::test]
async fn a_rejection_writes_nothing() {
    let (app, _) = two_apps().await;
    let error = app.execute(&bank::account("1"), deposit(5)).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Rejected(Refusal::Unknown)), "{error:?}");
    assert_eq!(error.to_string(), "there is no such account");
    assert_eq!(app.load(&bank::account("1")).await.unwrap().version, Version::NONE);
}

#[tokio::test]
async fn a_rejection_on_cached_state_is_decided_again_on_fresh_state() {
    let (app, other) = two_apps().await;
    let key = opened(&app).await;
    other.execute(&key, deposit(100)).await.unwrap();
    // `app` remembers an empty account, on which this would be refused.
    let done = app.execute(&key, Withdraw { cents: 60 }).await.unwrap();
    assert_eq!(done.version, Version::new(3));
    let error = other.execute(&key, Withdraw { cents: 60 }).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Rejected(Refusal::TooLittle(40))), "{error:?}");
}

#[tokio::test]
async fn a_conflict_folds_the_winner_and_decides_again() {
    let (app, other) = two_apps().await;
    let key = opened(&app).await;
    app.execute(&key, deposit(100)).await.unwrap();
    other.execute(&key, Withdraw { cents: 80 }).await.unwrap();
    // Decided on 100 cents it would succeed, but the winner left 20.
    let error = app.execute(&key, Withdraw { cents: 80 }).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Rejected(Refusal::TooLittle(20))), "{error:?}");
    assert_eq!(app.execute(&key, deposit(5)).await.unwrap().version, Version::new(4));
    assert_eq!(other.execute(&key, deposit(5)).await.unwrap().version, Version::new(5));
    assert_eq!(app.load(&key).await.unwrap().state, Account { owner: "Ada".into(), balance: 30, folded: 5 });
}

#[tokio::test]
async fn an_expected_version_is_not_tried_again() {
    let (app, other) = two_apps().await;
    let key = opened(&app).await;
    other.execute(&key, deposit(1)).await.unwrap();

    // From a remembered version, from an older one, and from one that does not exist yet.
    for expected in [1, 0, 3] {
        let error = app.execute(&key, deposit(1)).expect_version(Version::new(expected)).await.unwrap_err();
        let ExecuteError::Conflict { expected: wanted, actual } = error else { panic!("{error:?}") };
        assert_eq!((wanted, actual), (Version::new(expected), Version::new(2)));
    }
    let done = app.execute(&key, deposit(1)).expect_version(Version::new(2)).await.unwrap();
    assert_eq!(done.version, Version::new(3));
    // A version that another process has reached in the meantime is found.
    let done = other.execute(&key, deposit(1)).expect_version(Version::new(3)).await.unwrap();
    assert_eq!(done.version, Version::new(4));
}

#[tokio::test]
async fn a_command_id_is_executed_once() {
    let (app, other) = two_apps().await;
    let key = opened(&app).await;
    let first = app.execute(&key, deposit(100)).command_id("d-1").by("Ada").await.unwrap();
    app.execute(&key, deposit(1)).await.unwrap();
    for sender in [&app, &other] {
        let again = sender.execute(&key, deposit(100)).command_id("d-1").by("Bob").await.unwrap();
        assert!(again.is_duplicate());
        assert_eq!(again.version, first.version);
        assert_eq!(again.metadata, first.metadata);
        assert!(matches!(&again.events[..], [AccountEvent::Deposited(event)] if event.cents == 100));
    }
    // Another stream is another command, and a rejected one may come again.
    let second = bank::account("2");
    assert!(app.execute(&second, deposit(7)).command_id("d-2").await.is_err());
    app.execute(&second, Open { owner: "Bob".into() }).command_id("d-1").await.unwrap();
    assert_eq!(app.execute(&second, deposit(7)).command_id("d-2").await.unwrap().outcome, Outcome::Committed);
    assert_eq!(app.load(&key).await.unwrap().state.balance, 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_id_sent_by_many_at_once_is_executed_once() {
    let (app, other) = two_apps().await;
    let key = opened(&app).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (app, key) = (if number % 2 == 0 { app.clone() } else { other.clone() }, key.clone());
        // Told apart, because an own commit is recognised by its metadata.
        let sender = format!("sender-{number}");
        tasks.spawn(async move { app.execute(&key, deposit(10)).command_id("same").by(sender).await });
    }
    let mut committed = 0;
    while let Some(done) = tasks.join_next().await {
        let done = done.unwrap().unwrap();
        assert_eq!(done.version, Version::new(2));
        committed += u32::from(done.outcome == Outcome::Committed);
    }
    assert_eq!(committed, 1);
    assert_eq!(app.load(&key).await.unwrap().state.balance, 10);
}

#[tokio::test]
async fn one_command_has_any_number_of_events_in_one_commit() {
    let (app, _) = two_apps().await;
    let key = opened(&app).await;
    let done = app.execute(&key, DepositAll((1..=150).collect())).await.unwrap();
    assert_eq!((done.version, done.events.len()), (Version::new(2), 150));
    let log: Vec<_> = app.history(&key).try_collect().await.unwrap();
    assert_eq!(log.len(), 151);
    for (index, recorded) in log[1..].iter().enumerate() {
        assert_eq!((recorded.version(), recorded.index()), (Version::new(2), index));
        let AccountEvent::Deposited(event) = recorded.event() else { panic!("{recorded:?}") };
        assert_eq!(event.cents, index as u64 + 1);
    }
    assert_eq!(app.load(&key).await.unwrap().state.balance, 150 * 151 / 2);
}

#[tokio::test]
async fn a_state_can_be_read_at_any_version_and_time() {
    let (app, _) = two_apps().await;
    let key = bank::account("1");
    let day = |day: i64| Timestamp::from_unix_millis(day * 86_400_000);
    app.execute(&key, Open { owner: "Ada".into() }).at(day(1)).await.unwrap();
    for number in 2..=5_u32 {
        app.execute(&key, deposit(u64::from(number))).at(day(i64::from(number))).await.unwrap();
    }
    let balance_at = |version| {
        let (app, key) = (&app, &key);
        async move {
            let loaded = app.load_version(key, Version::new(version)).await.unwrap();
            (loaded.version.get(), loaded.state.balance)
        }
    };
    assert_eq!(balance_at(0).await, (0, 0));
    assert_eq!(balance_at(1).await, (1, 0));
    assert_eq!(balance_at(3).await, (3, 5));
    assert_eq!(balance_at(9).await, (5, 14));

    for (time, version) in [(day(1), 1), (day(4), 4), (day(0), 0), (day(99), 5)] {
        assert_eq!(app.load_as_of(&key, time).await.unwrap().version, Version::new(version), "{time}");
    }
    let just_before = Timestamp::from_unix_millis(day(4).unix_millis() - 1);
    assert_eq!(app.load_as_of(&key, just_before).await.unwrap().version, Version::new(3));
}

#[tokio::test]
async fn commands_on_one_key_run_one_after_another() {
    // One attempt: a conflict between two tasks of this process would be an error.
    let store = MemoryEventStore::new();
    let app =
        App::builder(store).only([]).settings(|settings| settings.conflict.attempts = 1).build().unwrap();
    let key = opened(&app).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (app, key) = (app.clone(), key.clone());
        tasks.spawn(async move { app.execute(&key, deposit(1)).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(app.load(&key).await.unwrap().version, Version::new(101));
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_before_anything_is_written() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    let key = opened(&app).await;
    let before = dynamo.cost().write_units;
    let large = Deposit { cents: 1, note: "x".repeat(500_000) };
    let error = app.execute(&key, large).await.unwrap_err();
    assert!(matches!(error, ExecuteError::TooLarge { bytes: 500_000.., limit: 409_600 }), "{error:?}");
    assert!(error.to_string().contains("409600"), "{error}");
    // A request that is refused for its size costs write units as well.
    assert_eq!(dynamo.cost().write_units, before);
    assert_eq!(app.execute(&key, deposit(1)).await.unwrap().version, Version::new(2));
}

#[tokio::test]
async fn a_dropped_command_leaves_the_next_one_a_clean_state() {
    let (app, other) = two_apps().await;
    let app = Arc::new(app);
    let key = opened(&app).await;
    for number in 0..50_u64 {
        let mut execution = Box::pin(app.execute(&key, deposit(1)).into_future());
        // Dropped after this number of polls: before, during and after its requests.
        for _ in 0..number % 7 {
            let mut context = Context::from_waker(Waker::noop());
            if execution.as_mut().poll(&mut context).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let loaded = other.load(&key).await.unwrap();
    let done = app.execute(&key, deposit(0)).await.unwrap();
    assert_eq!(loaded.state.balance, loaded.state.folded - 1);
    assert!(done.version >= loaded.version, "what was sent may still arrive");
    let last = app.execute(&key, deposit(1)).await.unwrap();
    assert_eq!(app.load(&key).await.unwrap().state.folded, last.version.get());
}

#[tokio::test]
async fn a_key_that_cannot_be_rendered_is_refused() {
    let (app, _) = two_apps().await;
    let error = app.execute(&bank::account(""), deposit(1)).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Key(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the key's `id` is empty; every part of a key needs at least one character"
    );
    let error = app.load(&bank::account(&"x".repeat(1100))).await.unwrap_err();
    assert!(matches!(error, StoreError::Key(_)) && error.to_string().contains("1024"), "{error}");
}
