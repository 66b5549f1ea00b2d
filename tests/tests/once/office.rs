//! What these tests share: handlers that a test tells what to do.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::app::Settings;
use cqrs_core::delivery::{Message, Received, RetryPolicy, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::{EventStore, StreamKey};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Deposited, Open, Opened, deposit};
use cqrs_tests::faults::Call;
use tokio::sync::Notify;

pub(crate) const ALL: [&str; 3] = ["receipt", "welcome", "audit"];

/// What a handler does with its next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Send,
    Retry,
    Permanent,
    Panic,
    /// It reports that it has begun, and continues when it is told to.
    Hold,
}

/// Where all handlers of one process send their letters.
#[derive(Default)]
pub(crate) struct Office {
    sent: Mutex<Vec<String>>,
    answers: Mutex<VecDeque<Answer>>,
    inside: AtomicUsize,
    peak: AtomicUsize,
    pub(crate) begun: Notify,
    pub(crate) go_on: Notify,
}

pub(crate) type Post = Arc<Office>;

type Handled = Result<(), HandlerError>;

impl Office {
    /// The next events meet these answers; those after them are sent.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// The letters sent by one handler.
    pub(crate) fn sent(&self, handler: &str) -> usize {
        self.sent.lock().unwrap().iter().filter(|letter| letter.starts_with(handler)).count()
    }

    /// The largest number of handlers that were at work at one time.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    pub(crate) async fn send<E>(&self, handler: &str, event: &Recorded<E>) -> Handled {
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(Answer::Retry) => return Err(HandlerError::retry("no stamps")),
            Some(Answer::Permanent) => return Err(HandlerError::permanent("no such address")),
            Some(Answer::Panic) => panic!("on purpose"),
            Some(Answer::Hold) => {
                self.begun.notify_one();
                self.go_on.notified().await;
            }
            Some(Answer::Send) | None => {}
        }
        let inside = self.inside.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(inside, Ordering::Relaxed);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.inside.fetch_sub(1, Ordering::Relaxed);
        let place = format!("{handler} {} {}", event.stream(), event.version());
        self.sent.lock().unwrap().push(place);
        Ok(())
    }
}

#[event_handler(Deposited, once, concurrency = 1)]
async fn receipt(event: &Recorded<Deposited>, post: &Post) -> Handled {
    post.send("receipt", event).await
}

#[event_handler(Opened, once, queue = "mail")]
async fn welcome(event: &Recorded<Opened>, post: &Post) -> Handled {
    post.send("welcome", event).await
}

#[event_handler(Opened, queue = "mail")]
async fn audit(event: &Recorded<Opened>, post: &Post) -> Handled {
    post.send("audit", event).await
}

/// A database with its tables.
pub(crate) async fn database() -> (Embedded, Dynamo) {
    let database = Embedded::in_memory().unwrap();
    let dynamo = Dynamo::from_conf(&database.sdk_config());
    dynamo.create_tables().await.unwrap();
    (database, dynamo)
}

/// A process, as far as the store can tell.
pub(crate) fn process(dynamo: &Dynamo, post: &Post) -> App {
    process_with(dynamo, post, |_| {})
}

/// The same with other settings.
pub(crate) fn process_with(dynamo: &Dynamo, post: &Post, change: impl FnOnce(&mut Settings)) -> App {
    App::builder(dynamo.event_store())
        .provide(Arc::clone(post))
        .only(ALL)
        .settings(|settings| {
            settings.delivery =
                RetryPolicy { attempts: 3, base: Duration::ZERO, cap: Duration::from_millis(5) };
            change(settings);
        })
        .build()
        .unwrap()
}

pub(crate) fn stream(account: &str) -> StreamKey {
    bank::account(account).stream().unwrap()
}

/// Opens an account and puts money in, a commit each.
pub(crate) async fn open(app: &App, account: &str, deposits: u64) {
    let key = bank::account(account);
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for cents in 1..=deposits {
        app.execute(&key, deposit(cents)).await.unwrap();
    }
}

/// The commits of an account whose events a queue is sent, as a broker delivers them for the `receives`-th time.
pub(crate) async fn messages(dynamo: &Dynamo, app: &App, account: &str, receives: u32) -> Vec<Received> {
    let page = dynamo.event_store().read(&stream(account), Version::NONE, Version::MAX).await.unwrap();
    let message = |commit| Received::new(Message::of(app, commit).body).with_receives(receives);
    page.commits.iter().map(message).collect()
}

/// The first commit of account 1, to the queue of `welcome` and `audit`, or the second to that of `receipt`.
pub(crate) async fn take(dynamo: &Dynamo, app: &App, queue: &str, receives: u32) -> Verdict {
    let all = messages(dynamo, app, "1", receives).await;
    let message = if queue == "mail" { &all[..1] } else { &all[1..2] };
    app.consumer(queue).unwrap().take(message).await.remove(0)
}

/// Why a message stays in its queue.
#[track_caller]
pub(crate) fn retried(verdict: Verdict) -> String {
    match verdict {
        Verdict::Retry { reason, .. } | Verdict::Wait { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

/// Whether a request claims an event, or finishes one.
pub(crate) fn is_claim(call: &Call) -> bool {
    is_inbox_put(call) && call.body.contains("\"leasedUntil\"")
}

pub(crate) fn is_finish(call: &Call) -> bool {
    is_inbox_put(call) && !call.body.contains("\"leasedUntil\"")
}

fn is_inbox_put(call: &Call) -> bool {
    call.operation == "PutItem" && call.is_for("delivery") && call.body.contains("INBOX#")
}
