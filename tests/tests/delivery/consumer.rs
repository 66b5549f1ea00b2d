//! The end of a broker's queue: what it says about each message of a batch.

use cqrs_core::delivery::{Received, Verdict};
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
    Received { body: Value::Object(record).to_string(), receives }
}

fn dead(reason: &str) -> Verdict {
    Verdict::Dead { reason: reason.to_owned() }
}

fn retry(reason: &str) -> Verdict {
    Verdict::Retry { reason: reason.to_owned() }
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
    assert_eq!(verdicts, [retry(WAITS), Verdict::Done, Verdict::Done, retry("the clerk is ill")]);
    let verdicts = take(&app, &[("1", 2, ATTEMPTS), ("1", 3, ATTEMPTS)]).await;
    assert_eq!(verdicts, [dead("the clerk is ill"), dead(WAITS)]);
}
