//! What counts as contained.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::app::ReadError;
use cqrs_core::projection::ViewId;
use cqrs_core::view::{Fence, Revision, StoredView, ViewStore, Write};
use cqrs_tests::bank::{Deposit, Statement, Wealth, Withdraw};
use cqrs_tests::faults::{Fault, Faults, database};

use crate::*;

#[tokio::test]
async fn a_commit_that_the_projection_does_not_listen_to_is_not_waited_for() {
    let (_database, dynamo) = database().await;
    let (front, worker) = (front(&dynamo), worker(&dynamo));
    let key = open(&front, "1", 300).await;
    let opened = CommitToken::new(key.stream().unwrap(), Version::new(1));
    let spending = SpendingKey::new(&tenant(), "Ada");

    let token = front.execute(&key, deposit(1)).await.unwrap().token();
    let read = front.view::<Spending>(&spending).at_least(&token).within(FOR_EVER).await.unwrap();
    assert_eq!(read, None, "nothing that it listens to has ever happened");
    assert_eq!(bring(&worker, &dynamo, "Holder", &opened).await, Verdict::Done);
    let read = front.view::<Holder>(&key).at_least(&token).within(FOR_EVER).await.unwrap();
    assert_eq!(read, Some(Holder { owner: "Ada".into() }));

    // A commit that it listens to, before many that it does not.
    let wanted = front.execute(&key, Withdraw { cents: 5 }).await.unwrap().version;
    for _ in 0..40 {
        front.execute(&key, deposit(1)).await.unwrap();
    }
    let token = front.execute(&key, deposit(1)).await.unwrap().token();
    let error = front.view::<Spending>(&spending).at_least(&token).within(Duration::ZERO).await.unwrap_err();
    let before = Version::NONE;
    assert!(
        matches!(error, ReadError::TimeLimit { wanted: w, reached, .. } if (w, reached) == (wanted, before)),
        "{error}"
    );
    let withdrawn = CommitToken::new(key.stream().unwrap(), wanted);
    assert_eq!(bring(&worker, &dynamo, "Spending", &withdrawn).await, Verdict::Done);
    let read = front.view::<Spending>(&spending).at_least(&token).within(FOR_EVER).await.unwrap();
    assert_eq!(read, Some(Spending { cents: 5 }));
}

#[tokio::test]
async fn a_read_costs_nothing_more_where_the_commit_is_there() {
    let (database, dynamo) = database().await;
    let worker = worker(&dynamo);
    let key = open(&worker, "1", 2).await;
    worker.run_until_idle().await.unwrap();
    let token = CommitToken::new(key.stream().unwrap(), Version::new(3));

    let reads = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&reads);
    let faults = Faults::new(&database, move |call| {
        assert!(call.operation == "GetItem" && call.is_for("views"), "{call:?}");
        seen.fetch_add(1, Ordering::Relaxed);
        Fault::None
    });
    let front = front(&faults.dynamo());
    let view = front.view::<Statement>(&key).at_least(&token).await.unwrap().unwrap();
    assert_eq!((view.lines.len(), reads.swap(0, Ordering::Relaxed)), (2, 1));
    let view = front.view::<Wealth>(&ada()).at_least(&token).await.unwrap().unwrap();
    assert_eq!(
        (view.cents, reads.swap(0, Ordering::Relaxed)),
        (2, 3),
        "once in a while which views are to be read"
    );
    front.view::<Wealth>(&ada()).at_least(&token).await.unwrap();
    assert_eq!(reads.swap(0, Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_token_of_every_outcome_names_what_the_answer_is_about() {
    let (_database, dynamo) = database().await;
    let worker = worker(&dynamo);
    let key = bank::account("1");
    let first = worker.execute(&key, Open { owner: "Ada".into() }).command_id("open").await.unwrap();
    assert_eq!(first.token(), CommitToken::new(key.stream().unwrap(), Version::new(1)));
    worker.execute(&key, deposit(3)).await.unwrap();
    worker.run_until_idle().await.unwrap();

    let duplicate = worker.execute(&key, Open { owner: "Ada".into() }).command_id("open").await.unwrap();
    assert!(duplicate.is_duplicate());
    assert_eq!(duplicate.token(), first.token());
    let unchanged = worker.execute(&key, Deposit::default()).await.unwrap();
    assert!(unchanged.is_unchanged());
    assert_eq!(unchanged.token(), CommitToken::new(key.stream().unwrap(), Version::new(2)));
    for token in [duplicate.token(), unchanged.token()] {
        let read = worker.view::<Wealth>(&ada()).at_least(token).within(FOR_EVER).await.unwrap();
        assert_eq!(read.unwrap().cents, 3);
    }
    let nothing = CommitToken::new(bank::account("2").stream().unwrap(), Version::NONE);
    let read = worker.view::<Statement>(&bank::account("2")).at_least(&nothing).within(FOR_EVER).await;
    assert_eq!(read.unwrap(), None, "an unchanged command on an empty stream");
    let read = worker.view::<Wealth>(&ada()).at_least(nothing).within(FOR_EVER).await;
    assert_eq!(read.unwrap().unwrap().cents, 3);
}

#[tokio::test]
async fn the_place_of_a_removed_view_contains_what_removed_it() {
    let (_database, dynamo) = database().await;
    let worker = worker(&dynamo);
    let key = open(&worker, "1", 1).await;
    worker.run_until_idle().await.unwrap();
    let token = CommitToken::new(key.stream().unwrap(), Version::new(2));
    assert_eq!(worker.view::<Empty>(&key).at_least(token).within(FOR_EVER).await.unwrap(), None);
}

#[tokio::test]
async fn a_commit_that_was_applied_in_part_is_not_contained() {
    let (_database, dynamo) = database().await;
    let front = front(&dynamo);
    let key = open(&front, "1", 1).await;
    let stream = key.stream().unwrap();
    let id = ViewId::new(format!("{}@WEALTH", stream.pk()), stream.sk());
    let none = Fence::none(id);
    let fence = |version: u64, part: Option<&str>| {
        let mut fence = none.clone();
        (fence.version, fence.part) = (Version::new(version), part.map(str::to_owned));
        fence
    };
    let within = |token: &CommitToken| {
        let (front, token) = (front.clone(), token.clone());
        async move { front.view::<Wealth>(&ada()).at_least(token).within(Duration::ZERO).await }
    };
    let (first, second) =
        (CommitToken::new(stream.clone(), Version::new(1)), CommitToken::new(stream, Version::new(2)));

    let id = ViewId::of::<Wealth>(&ada()).unwrap();
    let data = serde_json::json!({ "cents": 1, "folded": 2 });
    let view = StoredView::new(id, Version::new(1), data, Timestamp::now());
    let (partly, whole) = (fence(1, Some("WEALTH#Ada")), fence(2, None));
    let views = dynamo.views();
    assert_eq!(views.put_fenced(&partly, &none, &[(view, Revision::NONE)]).await.unwrap(), Write::Done);
    assert_eq!(within(&first).await.unwrap().unwrap().folded, 2, "nothing says that a view is not newer");
    let error = within(&second).await.unwrap_err();
    assert!(matches!(error, ReadError::TimeLimit { reached, .. } if reached == Version::new(1)), "{error}");
    assert_eq!(views.put_fenced(&whole, &partly, &[]).await.unwrap(), Write::Done);
    assert!(within(&second).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_discarded_counts_as_contained() {
    let (_database, dynamo) = database().await;
    let worker = worker(&dynamo);
    let key = open(&worker, "1", 1).await;
    let token = break_stream(&dynamo, &key).await;
    worker.run_until_idle().await.unwrap();
    let letters = worker.dead_letters().list().await.unwrap();
    assert!(!letters.is_empty());
    for letter in letters {
        worker.dead_letters().discard(&letter.id, "it was a mistake").await.unwrap();
    }
    let view = worker.view::<Statement>(&key).at_least(&token).within(Duration::ZERO).await.unwrap();
    assert_eq!(view.unwrap().lines, [1]);
    let view = worker.view::<Wealth>(&ada()).at_least(&token).within(Duration::ZERO).await.unwrap();
    assert_eq!(view.unwrap().cents, 1);
    // What comes behind it is waited for.
    let token = break_stream(&dynamo, &key).await;
    let error = worker.view::<Statement>(&key).at_least(&token).within(Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, ReadError::TimeLimit { wanted, .. } if wanted == token.version()), "{error}");
}
