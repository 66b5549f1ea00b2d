//! What a topic accepts in a message. MiniStack reports what it was told, but accepts no more than 256 KiB in any case,
//! so messages are checked on their way.

use std::sync::{Arc, Mutex};

use cqrs_core::delivery::Body;
use cqrs_core::prelude::*;
use cqrs_dynamo::Relay;
use cqrs_tests::bank::{self, Deposit, Open};
use cqrs_tests::emulator::Emulator;

use crate::requests::{Answer, Publish};
use crate::topic::Topic;
use crate::{database, deposits};

const LARGE: usize = 1024 * 1024;

/// A body each time: its length, and whether it is a whole commit.
type Sent = Arc<Mutex<Vec<Vec<(usize, bool)>>>>;

fn sent() -> (Sent, impl Fn(&Publish) -> Answer + Send + Sync + 'static) {
    let sent = Sent::default();
    let seen = Arc::clone(&sent);
    let plan = move |publish: &Publish| {
        let body = |text: &String| (text.len(), matches!(Body::parse(text).unwrap(), Body::Commit(_)));
        seen.lock().unwrap().push(publish.bodies.iter().map(body).collect());
        Answer::Taken
    };
    (sent, plan)
}

/// A topic that reports this limit.
async fn topic_of(bytes: usize) -> Topic {
    let topic = Topic::on(Emulator::ministack(), "").await;
    topic.take(bytes).await;
    topic
}

/// An account, and a deposit of each size.
async fn large(app: &App, sizes: &[usize]) {
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for bytes in sizes {
        app.execute(&key, Deposit { cents: 1, note: "x".repeat(*bytes) }).await.unwrap();
    }
}

#[tokio::test]
async fn the_largest_commits_travel_whole_where_the_topic_takes_them() {
    let (_, dynamo, app) = database().await;
    let topic = topic_of(LARGE).await;
    large(&app, &[399_000; 6]).await;
    let (sent, plan) = sent();
    let (publisher, requests) = topic.publisher_with(plan);
    assert_eq!(Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap().commits, 7);
    let sent = sent.lock().unwrap();
    assert!(sent.iter().flatten().all(|(_, whole)| *whole), "{sent:?}");
    assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2, 2], "as many as fit into 1 MiB");
    assert!(sent.iter().all(|batch| batch.iter().map(|(bytes, _)| bytes).sum::<usize>() <= LARGE));
    assert_eq!(requests.questions(), 1, "the topic is asked once");
}

#[tokio::test]
async fn a_topic_that_takes_less_gets_keys_and_smaller_batches() {
    let (_, dynamo, app) = database().await;
    let topic = topic_of(20_000).await;
    large(&app, &[9_000, 9_000, 9_000, 21_000]).await;
    let (sent, plan) = sent();
    let (publisher, _) = topic.publisher_with(plan);
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    let sent = sent.lock().unwrap();
    let whole: Vec<bool> = sent.iter().flatten().map(|(_, whole)| *whole).collect();
    assert_eq!(whole, [true, true, true, true, false]);
    assert!(
        sent.iter().all(|batch| batch.iter().map(|(bytes, _)| bytes).sum::<usize>() <= 20_000),
        "{sent:?}"
    );
}

#[tokio::test]
async fn what_is_given_is_not_asked_for() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    large(&app, &[300_000]).await;
    let (sent, plan) = sent();
    let (publisher, requests) = topic.publisher_with(plan);
    let publisher = publisher.with_max_message_bytes(LARGE);
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    assert!(sent.lock().unwrap().iter().flatten().all(|(_, whole)| *whole));
    assert_eq!(requests.questions(), 0);
}

#[tokio::test]
async fn a_relay_that_may_not_ask_goes_by_the_default() {
    let (_, dynamo, app) = database().await;
    let topic = topic_of(LARGE).await;
    large(&app, &[200_000, 300_000]).await;
    let (sent, plan) = sent();
    let (publisher, requests) = topic.publisher_with(plan);
    requests.answer_questions(Answer::Error(403, "AuthorizationError"));
    let mut relay = Relay::new(&dynamo, &app, publisher);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 3);
    let whole: Vec<bool> = sent.lock().unwrap().iter().flatten().map(|(_, whole)| *whole).collect();
    assert_eq!(whole, [true, true, false]);
    deposits(&app, &["2"], 2).await;
    relay.run_until_idle().await.unwrap();
    assert_eq!(requests.questions(), 1, "and does not ask each time");
}

#[tokio::test]
async fn a_topic_that_cannot_be_asked_for_now_is_an_outage() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 3).await;
    let (publisher, requests) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher);
    let answers = [Answer::Error(503, "ServiceUnavailable"), Answer::Reset, Answer::Error(400, "Throttled")];
    for (answer, outage) in answers.into_iter().zip(1..) {
        requests.answer_questions(answer);
        assert!(relay.run_until_idle().await.unwrap_err().is_transient());
        assert_eq!(
            (requests.questions(), requests.count()),
            (3 * outage, 0),
            "asked again, and nothing sent"
        );
    }
    requests.answer_questions(Answer::Through);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 3);
    requests.check(&["ACCOUNT#1"], 3, "after the outage");
}

#[tokio::test]
async fn a_topic_that_takes_less_than_before_is_asked_again_after_its_refusal() {
    let (_, dynamo, app) = database().await;
    let topic = topic_of(LARGE).await;
    large(&app, &[300_000]).await;
    let (sent, plan) = sent();
    let plan = move |publish: &Publish| match (publish.number, plan(publish)) {
        (0, _) => Answer::Refused(&[0, 1], "InvalidParameter", true),
        (_, taken) => taken,
    };
    let (publisher, requests) = topic.publisher_with(plan);
    let mut relay = Relay::new(&dynamo, &app, publisher);
    relay.run_until_idle().await.unwrap_err();
    topic.take(256 * 1024).await;
    relay.run_until_idle().await.unwrap();
    assert_eq!(sent.lock().unwrap().last().unwrap().last().map(|(_, whole)| *whole), Some(false));
    assert_eq!(requests.questions(), 2);
}
