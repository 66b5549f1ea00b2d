//! The error of a read that has waited in vain.

use cqrs_core::app::{HeldUp, ReadError};
use cqrs_core::delivery::LetterId;
use cqrs_tests::bank::{Statement, Wealth, Withdraw};
use cqrs_tests::faults::database;

use crate::*;

#[tokio::test]
async fn the_time_limit_says_how_far_the_projection_is() {
    let (_database, dynamo) = database().await;
    let (front, worker) = (front(&dynamo), worker(&dynamo));
    let key = open(&front, "1", 1).await;
    let token = CommitToken::new(key.stream().unwrap(), Version::new(2));
    for read in [
        front.view::<Statement>(&key).at_least(&token).within(Duration::from_millis(3)).await.map(drop),
        front.view::<Wealth>(&ada()).at_least(&token).within(Duration::ZERO).await.map(drop),
    ] {
        let error = read.unwrap_err();
        let ReadError::TimeLimit { stream, wanted, reached, held_up, .. } = &error else { panic!("{error}") };
        assert_eq!((stream, *wanted, *reached), (token.stream(), token.version(), Version::NONE));
        assert_eq!(*held_up, None);
        let said = error.to_string();
        for part in
            ["commit 2 of stream BANK#ACCOUNT ACCOUNT#1", "nothing of the stream", "App::run", "within"]
        {
            assert!(said.contains(part), "{said}");
        }
    }
    worker.run_until_idle().await.unwrap();
    let token = worker.execute(&key, deposit(1)).await.unwrap().token();
    let read = front.view::<Wealth>(&ada()).at_least(&token).within(Duration::from_millis(3)).await;
    let error = read.unwrap_err();
    let ReadError::TimeLimit { projection, reached, waited, .. } = &error else { panic!("{error}") };
    assert_eq!((*projection, *reached), ("Wealth", Version::new(2)));
    assert!(*waited >= Duration::from_millis(3), "{waited:?}");
    assert!(error.to_string().contains("it is at version 2"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_read_without_a_limit_of_its_own_has_that_of_the_settings() {
    let (_database, dynamo) = database().await;
    let app = App::builder(dynamo.event_store())
        .views(dynamo.views())
        .only([])
        .settings(|settings| settings.read_wait = Duration::from_secs(7))
        .build()
        .unwrap();
    let key = open(&app, "1", 1).await;
    let token = CommitToken::new(key.stream().unwrap(), Version::new(2));
    let error = app.view::<Statement>(&key).at_least(token).await.unwrap_err();
    let ReadError::TimeLimit { waited, .. } = &error else { panic!("{error}") };
    assert_eq!(waited.as_secs(), 7);
    assert!(error.to_string().contains("after 7.0s"), "{error}");
}

#[tokio::test]
async fn the_time_limit_says_that_a_dead_letter_is_in_the_way() {
    let (_database, dynamo) = database().await;
    let (front, worker) = (front(&dynamo), worker(&dynamo));
    let key = open(&front, "1", 0).await;
    let broken = break_stream(&dynamo, &key).await;
    let token = break_stream(&dynamo, &key).await;
    worker.run_until_idle().await.unwrap();

    for (read, reached) in [
        (
            front.view::<Statement>(&key).at_least(&token).within(Duration::ZERO).await.map(drop),
            Version::NONE,
        ),
        (
            front.view::<Wealth>(&ada()).at_least(&token).within(Duration::ZERO).await.map(drop),
            Version::new(1),
        ),
    ] {
        let error = read.unwrap_err();
        let ReadError::TimeLimit { held_up: Some(held_up), wanted, reached: at, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((*wanted, *at), (token.version(), reached));
        let HeldUp::DeadLetter { version, reason } = &**held_up else { panic!("{error}") };
        assert_eq!(*version, broken.version());
        assert!(reason.contains("expected u64"), "{reason}");
        assert!(error.to_string().contains("commit 2 is a dead letter of the projection ("), "{error}");
    }
}

#[tokio::test]
async fn the_time_limit_says_that_the_stream_is_parked() {
    let (_database, dynamo) = database().await;
    let front = front(&dynamo);
    let key = open(&front, "1", 2).await;
    let token = front.execute(&key, Withdraw { cents: 1 }).await.unwrap().token();
    let letter = LetterId::of("Spending", token.stream(), token.version());
    front.dead_letters().park(&letter).await.unwrap();

    let spending = SpendingKey::new(&tenant(), "Ada");
    let error = front.view::<Spending>(&spending).at_least(&token).within(Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("parked behind a dead letter of queue `Spending`"), "{error}");
    let ReadError::TimeLimit { held_up, .. } = error else { panic!("{error}") };
    assert_eq!(held_up.as_deref(), Some(&HeldUp::Parked { queue: "Spending" }));
}
