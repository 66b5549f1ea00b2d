//! The receiving end of a broker's queue: its verdict about each message of a batch.

use std::time::Duration;

use cqrs_core::delivery::{Received, Verdict, awaits_newer_program};
use cqrs_core::prelude::*;
use cqrs_tests::bank::{Deposited, Opened};
use cqrs_tests::raw;
use serde_json::Value;

use crate::office::*;

const WAITS: &str = "waits behind an earlier commit of its stream";

fn message(account: &str, version: u64, receives: u32) -> Received {
    let record = match version {
        1 => raw::record(&key(account), 1, &Opened { owner: "Ada".into() }),
        _ => raw::record(
            &key(account),
            version,
            &Deposited { owner: "Ada".into(), cents: 1, note: String::new() },
        ),
    };
    Received::new(Value::Object(record).to_string()).with_receives(receives)
}

fn dead(reason: &str) -> Verdict {
    Verdict::Dead { reason: reason.to_owned() }
}

fn wait(reason: &str) -> Verdict {
    Verdict::Wait { reason: reason.to_owned(), after: None }
}

fn retry(reason: &str) -> Verdict {
    Verdict::Retry { reason: reason.to_owned(), after: None }
}

async fn take(app: &App, messages: &[(&str, u64, u32)]) -> Vec<Verdict> {
    let batch: Vec<_> =
        messages.iter().map(|(account, version, receives)| message(account, *version, *receives)).collect();
    app.consumer("clerk").unwrap().take(&batch).await
}

#[tokio::test]
async fn what_never_works_is_dead_at_once_wherever_it_stands_in_the_batch() {
    for first in [1, 2] {
        let (_, app, clerk) = start().await;
        clerk.fails_at("1", 2, Answer::Permanent);
        let messages: Vec<_> = (first..=3).map(|version| ("1", version, 1)).collect();
        let verdicts = take(&app, &messages).await;
        let mut expected = vec![Verdict::Done; usize::from(first == 1)];
        expected.extend([dead("the clerk refuses"), dead(WAITS)]);
        assert_eq!(verdicts, expected, "the batch begins at {first}");
        assert_eq!(take(&app, &[("1", 4, 1), ("2", 1, 1)]).await, [dead(WAITS), Verdict::Done]);
    }
}

#[tokio::test]
async fn what_may_work_later_stays_until_it_was_received_often_enough() {
    let (_, app, clerk) = start().await;
    clerk.fails_at("1", 2, Answer::Retry);
    let verdicts = take(&app, &[("1", 3, 1), ("1", 1, 1), ("2", 1, 1), ("1", 2, 1)]).await;
    assert_eq!(verdicts, [wait(WAITS), Verdict::Done, Verdict::Done, retry("the clerk is ill")]);
    for _ in 2..ATTEMPTS {
        assert_eq!(take(&app, &[("1", 2, 9)]).await, [retry("the clerk is ill")]);
    }
    let verdicts = take(&app, &[("1", 2, 2), ("1", 3, 1)]).await;
    assert_eq!(verdicts, [dead("the clerk is ill"), dead(WAITS)]);
}

/// The number of receives does not matter: the message may have waited in another process, which is gone, and was never
/// tried.
#[tokio::test]
async fn a_commit_is_tried_as_often_as_it_may_be_in_whichever_process_and_however_often_it_was_received() {
    let (dynamo, _, clerk) = start().await;
    clerk.fails_at("1", 1, Answer::Retry);
    for _ in 1..ATTEMPTS {
        let verdicts = take(&app(&dynamo, &clerk), &[("1", 1, 900)]).await;
        assert_eq!(verdicts, [retry("the clerk is ill")]);
    }
    assert_eq!(take(&app(&dynamo, &clerk), &[("1", 1, 901)]).await, [dead("the clerk is ill")]);
    assert_eq!(clerk.versions("1").len(), ATTEMPTS as usize);
}

/// A message of a newer program, sent this number of seconds ago.
fn newer(version: u64, seconds: i64, change: (&str, &str)) -> Received {
    let received = message("1", version, 1);
    let body = received.body.replace(change.0, change.1);
    assert_ne!(body, received.body);
    let sent_at = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - seconds * 1000);
    Received::new(body).with_receives(received.receives).with_sent_at(sent_at)
}

const NAME: (&str, &str) = ("\"Deposited\"", "\"Transferred\"");
const SCHEMA: (&str, &str) = ("\"schema\":1", "\"schema\":2");

#[tokio::test]
async fn what_a_newer_program_wrote_waits_for_one_that_knows_it_and_is_dead_only_after_a_day() {
    for (change, said) in
        [(NAME, "unknown event type `Transferred`"), (SCHEMA, "a newer program may have stored it")]
    {
        let (_, app, clerk) = start().await;
        let consumer = app.consumer("clerk").unwrap();
        let says = |verdict: &Verdict, wanted: fn(&str) -> Verdict| match verdict {
            Verdict::Wait { reason, .. } | Verdict::Dead { reason } => {
                assert!(reason.contains(said), "{reason}");
                assert_eq!(*verdict, wanted(reason));
            }
            other => panic!("{other:?}"),
        };
        let behind = message("1", 3, 1).with_sent_at(Timestamp::now());
        let batch = [message("1", 1, 1), newer(2, 1, change), behind.clone(), message("2", 1, 1)];
        for receives in [1, ATTEMPTS, 1000] {
            let batch = batch.clone().map(|received| received.with_receives(receives));
            let verdicts = consumer.take(&batch).await;
            says(&verdicts[1], wait);
            assert_eq!(
                [&verdicts[0], &verdicts[2], &verdicts[3]],
                [&Verdict::Done, &wait(WAITS), &Verdict::Done]
            );
        }
        // A program that knows it takes both.
        let verdicts = consumer.take(&[message("1", 2, 1000), behind.clone()]).await;
        assert_eq!(verdicts, [Verdict::Done, Verdict::Done]);

        let verdicts = consumer.take(&[newer(4, 86_401, change)]).await;
        says(&verdicts[0], dead);
        assert_eq!(consumer.take(&[message("1", 5, 1)]).await, [dead(WAITS)], "its stream is parked");
        assert!(!clerk.versions("1").contains(&5));
    }
}

/// However long it may wait: its queue would delete it after 14 days.
#[tokio::test]
async fn what_waits_for_a_newer_program_is_dead_after_12_days_at_the_latest() {
    let (dynamo, _, clerk) = start().await;
    let app = App::builder(&dynamo).provide(clerk).only(["clerk"]);
    let month = Duration::from_hours(30 * 24);
    let app = app.settings(|settings| settings.unknown_kept = month).build().unwrap();
    let consumer = app.consumer("clerk").unwrap();
    let verdicts = consumer.take(&[newer(2, 11 * 86_400, NAME)]).await;
    assert!(matches!(&verdicts[..], [Verdict::Wait { .. }]), "{verdicts:?}");
    let verdicts = consumer.take(&[newer(2, 12 * 86_400, NAME)]).await;
    let [Verdict::Dead { reason }] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert!(awaits_newer_program(reason), "{reason}");
}

#[tokio::test]
async fn a_view_or_a_command_that_meets_what_a_newer_program_wrote_waits_for_that_program() {
    let (dynamo, app, _) = start().await;
    let mut unknown =
        raw::record(&key("1"), 2, &Deposited { owner: "Ada".into(), cents: 1, note: String::new() });
    unknown.insert("type".to_owned(), "Transferred".into());
    raw::put(&dynamo, raw::record(&key("1"), 1, &Opened { owner: "Ada".into() })).await;
    raw::put(&dynamo, unknown).await;
    // The view has missed it, and a deposit must be handed on to this account.
    let behind = message("1", 3, ATTEMPTS);
    let passed_on = Deposited { owner: "Ada".into(), cents: 1, note: "1".into() };
    let passed_on = Value::Object(raw::record(&key("2"), 2, &passed_on)).to_string();
    let passed_on = Received::new(passed_on).with_receives(behind.receives).with_sent_at(behind.sent_at);
    for (queue, received) in [("Statement", behind), ("pass", passed_on)] {
        let received = received.with_sent_at(Timestamp::now());
        let verdicts = app.consumer(queue).unwrap().take(&[received]).await;
        let [Verdict::Wait { reason, .. }] = &verdicts[..] else { panic!("{queue}: {verdicts:?}") };
        assert!(reason.contains("`Transferred`") && reason.contains("a newer program"), "{queue}: {reason}");
    }
}
