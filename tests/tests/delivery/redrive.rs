//! The fate of dead letters.

use std::sync::Arc;

use cqrs_core::delivery::{DeliveryError, DeliveryStore, LetterId};
use cqrs_core::prelude::*;

use crate::office::*;

/// Account `1` has failed at version 2 of 4; `2` has not.
async fn stuck() -> (cqrs_dynamo::Dynamo, App, Clerk) {
    let (dynamo, app, clerk) = start().await;
    open(&app, &["1", "2"]).await;
    clerk.fails_at("1", 2, Answer::Retry);
    for _ in 0..3 {
        pay(&app, &["1", "2"]).await;
    }
    app.run_until_idle().await.unwrap();
    clerk.calls();
    (dynamo, app, clerk)
}

fn id(account: &str, version: u64) -> LetterId {
    let stream = key(account).stream().unwrap();
    let sk = stream.commit_sk(Version::new(version));
    LetterId::new("clerk", stream.pk(), sk)
}

/// The next commit of account `1` is handled, and does not become a dead letter.
async fn assert_released(app: &App, clerk: &Clerk, next: u64) {
    assert_eq!(letters(app).await, []);
    clerk.calls();
    pay(app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(clerk.versions("1"), [next]);
    assert_eq!(letters(app).await, []);
}

#[tokio::test]
async fn a_redrive_delivers_in_order_and_releases_the_stream() {
    let (_, app, clerk) = stuck().await;
    clerk.answers(|_| Answer::Done);
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 3);
    assert_eq!(clerk.versions("1"), [2, 3, 4]);
    assert!(clerk.versions("2").is_empty());
    assert_released(&app, &clerk, 5).await;
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 0, "there is nothing left");
}

#[tokio::test]
async fn a_redrive_by_another_process_releases_the_stream_after_a_restart() {
    let (dynamo, _, clerk) = stuck().await;
    clerk.answers(|_| Answer::Done);
    assert_eq!(app(&dynamo, &clerk).dead_letters().redrive("clerk").await.unwrap().done, 3);
    assert_released(&app(&dynamo, &clerk), &clerk, 5).await;
}

#[tokio::test]
async fn the_letters_of_a_subscriber_that_was_renamed_are_redriven_under_its_new_name() {
    let (dynamo, app, clerk) = stuck().await;
    // As if the clerk had had another name when it failed.
    for letter in app.dead_letters().of("clerk").await.unwrap() {
        let mut renamed = letter.clone();
        renamed.id.subscriber = "writer".to_owned();
        dynamo.event_store().delivery().put_letter(&renamed).await.unwrap();
        app.dead_letters().discard(&letter.id, "the clerk was called writer").await.unwrap();
    }
    assert_eq!(app.dead_letters().list().await.unwrap(), [], "the subscribers have none");
    assert_eq!(app.dead_letters().of("writer").await.unwrap().len(), 3);
    let error = app.dead_letters().hand_over("clerk", "writer").await.unwrap_err();
    assert!(matches!(error, DeliveryError::UnknownSubscriber { .. }), "{error:?}");
    assert_eq!(app.dead_letters().hand_over("writer", "clerk").await.unwrap(), 3);
    assert_eq!(app.dead_letters().of("writer").await.unwrap(), []);
    assert_eq!(letters(&app).await, of_clerk("1", &[(2, ATTEMPTS), (3, 0), (4, 0)]));
    clerk.answers(|_| Answer::Done);
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 3);
    assert_eq!(clerk.versions("1"), [2, 3, 4]);
}

#[tokio::test]
async fn a_redrive_that_fails_keeps_the_rest_in_order() {
    let (_, app, clerk) = stuck().await;
    clerk.fails_at("1", 3, Answer::Permanent);
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 1);
    assert_eq!(clerk.versions("1"), [2, 3], "4 waits behind 3");
    assert_eq!(letters(&app).await, of_clerk("1", &[(3, 1), (4, 0)]));
    assert_eq!(letter(&app, "1", 3).await.reason, "the clerk refuses");

    pay(&app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(letters(&app).await, of_clerk("1", &[(3, 1), (4, 0), (5, 0)]), "the stream waits still");

    let since = letter(&app, "1", 3).await.since;
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 0);
    let kept = letter(&app, "1", 3).await;
    assert_eq!((kept.attempts, kept.since), (2, since), "attempts add up");

    clerk.calls();
    clerk.answers(|_| Answer::Done);
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 3);
    assert_eq!(clerk.versions("1"), [3, 4, 5]);
    assert_released(&app, &clerk, 6).await;
}

#[tokio::test]
async fn streams_are_redriven_apart() {
    let (_, app, clerk) = start().await;
    open(&app, &["1", "2", "3"]).await;
    pay(&app, &["1", "2", "3"]).await;
    clerk.answers(|_| Answer::Permanent);
    app.run_until_idle().await.unwrap();
    assert_eq!(letters(&app).await.len(), 6);

    clerk.fails_at("2", 1, Answer::Permanent);
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 4);
    assert_eq!(letters(&app).await, of_clerk("2", &[(1, 2), (2, 0)]));
    clerk.calls();
    pay(&app, &["1", "2", "3"]).await;
    app.run_until_idle().await.unwrap();
    assert_eq!((clerk.versions("1"), clerk.versions("2"), clerk.versions("3")), (vec![3], vec![], vec![3]));
}

#[tokio::test]
async fn what_arrives_during_a_redrive_is_not_left_behind() {
    let (_, app, clerk) = stuck().await;
    // While the last letter is redriven, the delivery puts the next commit behind it.
    let gate = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&gate);
    clerk.answers(move |call| {
        seen.lock().unwrap().push(call.version);
        Answer::Done
    });
    pay(&app, &["1"]).await;
    let letters_of = app.dead_letters();
    let (redriven, ran) = tokio::join!(letters_of.redrive("clerk"), app.run_until_idle());
    ran.unwrap();
    let again = app.dead_letters().redrive("clerk").await.unwrap().done;
    assert_eq!(gate.lock().unwrap().as_slice(), [2, 3, 4, 5], "each once, in order");
    assert!(redriven.unwrap().done + again <= 4);
    assert_released(&app, &clerk, 6).await;
}

#[tokio::test]
async fn a_discarded_letter_is_gone_and_the_others_can_be_redriven() {
    let (_, app, clerk) = stuck().await;
    clerk.answers(|_| Answer::Done);
    app.dead_letters().discard(&id("1", 2), "paid by hand").await.unwrap();
    assert_eq!(letters(&app).await, of_clerk("1", &[(3, 0), (4, 0)]));
    pay(&app, &["1"]).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(clerk.calls().into_iter().filter(|call| call.is("1", 5)).count(), 0, "it waits its turn");
    assert_eq!(app.dead_letters().redrive("clerk").await.unwrap().done, 3);
    assert_eq!(clerk.versions("1"), [3, 4, 5]);
    assert_released(&app, &clerk, 6).await;
}

#[tokio::test]
async fn a_stream_flows_again_when_its_last_letter_is_discarded() {
    let (_, app, clerk) = stuck().await;
    clerk.answers(|_| Answer::Done);
    for version in [2, 3, 4] {
        app.dead_letters().discard(&id("1", version), "paid by hand").await.unwrap();
    }
    assert_released(&app, &clerk, 5).await;
    app.dead_letters().discard(&id("1", 2), "it is not there, which is no error").await.unwrap();
}

#[tokio::test]
async fn an_unknown_subscriber_is_answered_with_the_known_ones() {
    let (_, app, _) = start().await;
    let error = app.dead_letters().redrive("clark").await.unwrap_err();
    assert!(matches!(&error, DeliveryError::UnknownSubscriber { name, .. } if name == "clark"));
    assert_eq!(
        error.to_string(),
        "no subscriber is called `clark`; there are: Statement, Wealth, clerk, pass"
    );
}
