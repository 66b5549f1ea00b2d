//! However many subscribers want a commit, each of its events is decoded once, and an error remains that of each
//! subscriber.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::serde::{self, Deserialize, Serialize};
use cqrs_core::store::{Append, EventStore, MemoryEventStore, NewCommit};
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{Commit, Event, Metadata, StoredEvent};
use tokio::sync::Notify;

/// The fate of one text. The tests run in parallel, and each has its own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    decoded: usize,
    upcast: usize,
    /// Decoded, and still in memory.
    alive: isize,
    handled: usize,
    projected: usize,
}

fn tallies() -> MutexGuard<'static, HashMap<String, Tally>> {
    static TALLIES: LazyLock<Mutex<HashMap<String, Tally>>> = LazyLock::new(Mutex::default);
    TALLIES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tally(text: &str) -> Tally {
    tallies().get(text).copied().unwrap_or_default()
}

fn count(text: &str, change: impl FnOnce(&mut Tally)) {
    change(tallies().entry(text.to_owned()).or_default());
}

/// A text that is told apart from its copies.
#[derive(Debug, Serialize, Deserialize, EventData)]
#[serde(crate = "serde", try_from = "String", into = "String")]
struct Told(String);

impl TryFrom<String> for Told {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("illegible") {
            return Err(format!("nobody can read `{text}`"));
        }
        count(&text, |tally| {
            tally.decoded += 1;
            tally.alive += 1;
        });
        Ok(Self(text))
    }
}

impl From<Told> for String {
    fn from(told: Told) -> Self {
        told.0.clone()
    }
}

impl Clone for Told {
    fn clone(&self) -> Self {
        count(&self.0, |tally| tally.alive += 1);
        Self(self.0.clone())
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        count(&self.0, |tally| tally.alive -= 1);
    }
}

#[event(name = "Said", unhandled = "stored by an earlier program")]
struct SaidV1 {
    what: Told,
}

#[event(schema = 2, from = SaidV1)]
struct Said {
    text: Told,
}

impl From<SaidV1> for Said {
    fn from(old: SaidV1) -> Self {
        count(&old.what.0, |tally| tally.upcast += 1);
        Self { text: old.what }
    }
}

/// Reports it.
#[derive(Debug, Clone)]
struct Say;

#[aggregate(entity = "TALK")]
#[derive(Default)]
struct Talk {
    said: u64,
}

#[aggregate]
impl Talk {
    #[command]
    fn say(&self, _: Say) -> Result<Said, std::convert::Infallible> {
        Ok(Said { text: Told("nothing".to_owned()) })
    }

    #[apply]
    fn said(&mut self, _: &Said) {
        self.said += 1;
    }
}

#[projection(Talk)]
#[derive(Default)]
struct Minutes {
    said: u64,
}

#[projection(Talk)]
impl Minutes {
    #[apply]
    fn said(&mut self, event: &Said) {
        count(&event.text.0, |tally| tally.projected += 1);
        self.said += 1;
    }
}

#[projection(key(text: String))]
#[derive(Default)]
struct Words {
    said: u64,
}

#[projection(key(text))]
impl Words {
    #[apply(key(text = event.text.0.clone()))]
    fn said(&mut self, event: &Recorded<Said>) {
        count(&event.text.0, |tally| tally.projected += 1);
        self.said += 1;
    }
}

macro_rules! handlers {
    ($($name:ident)*) => {
        $(#[event_handler(Said, queue = "hundred")]
        async fn $name(event: &Recorded<Said>) -> Result<(), HandlerError> {
            // Some wait, and take the event along.
            if event.version().get() % 2 == 0 {
                tokio::task::yield_now().await;
            }
            count(&event.text.0, |tally| tally.handled += 1);
            Ok(())
        })*
        const HANDLERS: &[&str] = &[$(stringify!($name)),*];
    };
}

handlers! {
    h00 h01 h02 h03 h04 h05 h06 h07 h08 h09 h10 h11 h12 h13 h14 h15 h16 h17 h18 h19 h20 h21 h22 h23 h24
    h25 h26 h27 h28 h29 h30 h31 h32 h33 h34 h35 h36 h37 h38 h39 h40 h41 h42 h43 h44 h45 h46 h47 h48 h49
    h50 h51 h52 h53 h54 h55 h56 h57 h58 h59 h60 h61 h62 h63 h64 h65 h66 h67 h68 h69 h70 h71 h72 h73 h74
    h75 h76 h77 h78 h79 h80 h81 h82 h83 h84 h85 h86 h87 h88 h89 h90 h91 h92 h93 h94 h95 h96 h97 h98 h99
}

static ASKED: Notify = Notify::const_new();
static ANSWERED: Notify = Notify::const_new();

/// Waits for `answers`, which waits for it.
#[event_handler(Said, queue = "mixed")]
async fn asks(event: &Said) -> Result<(), HandlerError> {
    if event.text.0 == "mixed" {
        tokio::task::yield_now().await;
        ASKED.notify_one();
        ANSWERED.notified().await;
        count("mixed", |tally| tally.handled += 1);
    }
    Ok(())
}

#[event_handler(Said, queue = "mixed")]
async fn answers(event: &Said) -> Result<(), HandlerError> {
    if event.text.0 == "mixed" {
        tokio::task::yield_now().await;
        ASKED.notified().await;
        ANSWERED.notify_one();
        count("mixed", |tally| tally.handled += 1);
    }
    Ok(())
}

#[event_handler(Said, queue = "mixed")]
async fn panics(event: &Said) -> Result<(), HandlerError> {
    assert_ne!(event.text.0, "mixed", "no word of it");
    Ok(())
}

/// A commit with one event for each text, of today's schema or of the first.
fn commit(version: u64, schema: u32, texts: &[&str]) -> Commit {
    let key = TalkKey::new(&Tenant::new("HOME").unwrap(), "1").stream().unwrap();
    let field = if schema == Said::SCHEMA { "text" } else { "what" };
    let event = |text: &&str| StoredEvent::new(Said::TYPE, schema, serde_json::json!({ field: text }));
    let metadata = Metadata::new(format!("command {version}"), "2024-01-01T10:00:00Z".parse().unwrap());
    Commit::new(key, Version::new(version), texts.iter().map(event).collect(), metadata)
}

async fn app(commits: &[Commit]) -> App {
    let store = MemoryEventStore::new();
    for commit in commits {
        let appended = EventStore::append(&store, NewCommit::of(commit).unwrap()).await.unwrap();
        assert_eq!(appended, Append::Written);
    }
    App::builder(store).views(MemoryViewStore::new()).build().unwrap()
}

async fn take(queue: &str, commits: &[Commit]) -> Vec<Verdict> {
    let app = app(&[]).await;
    let messages: Vec<_> =
        commits.iter().map(|commit| Received::new(Message::of(&app, commit).body)).collect();
    app.consumer(queue).unwrap().take(&messages).await
}

#[tokio::test]
async fn a_message_is_decoded_once_for_the_handlers_of_a_queue() {
    let verdicts =
        take("hundred", &[commit(1, 2, &["one"]), commit(2, 2, &["two", "three"]), commit(3, 2, &["four"])])
            .await;
    assert_eq!(verdicts, [Verdict::Done, Verdict::Done, Verdict::Done]);
    for text in ["one", "two", "three", "four"] {
        let expected = Tally { decoded: 1, handled: HANDLERS.len(), ..Tally::default() };
        assert_eq!(tally(text), expected, "{text}");
    }
}

#[tokio::test]
async fn an_event_of_an_earlier_schema_is_upcast_once() {
    assert_eq!(take("hundred", &[commit(1, 1, &["old"])]).await, [Verdict::Done]);
    assert_eq!(tally("old"), Tally { decoded: 1, upcast: 1, handled: HANDLERS.len(), ..Tally::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_is_decoded_once_for_all_subscribers_of_a_process() {
    let app = app(&[commit(1, 2, &["first"]), commit(2, 1, &["second", "third"])]).await;
    app.run_until_idle().await.unwrap();
    for (text, upcast) in [("first", 0), ("second", 1), ("third", 1)] {
        let expected =
            Tally { decoded: 1, upcast, handled: HANDLERS.len(), projected: 2, ..Tally::default() };
        assert_eq!(tally(text), expected, "{text}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_is_a_dead_letter_of_each_subscriber() {
    let commits = [commit(1, 2, &["legible", "illegible 1"]), commit(2, 2, &["behind it"])];
    let app = app(&commits).await;
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    let of = |subscriber: &str| {
        let letters = letters.iter().filter(|letter| letter.id.subscriber == subscriber);
        letters.map(|letter| letter.reason.clone()).collect::<Vec<_>>()
    };
    for subscriber in HANDLERS.iter().chain(&["Minutes", "Words"]) {
        let reasons = of(subscriber);
        assert_eq!(reasons.len(), 2, "{subscriber}: {reasons:?}");
        assert!(reasons[0].contains("event 1: `Said` (schema 2) cannot be decoded"), "{reasons:?}");
        assert!(reasons[1].contains("waits behind"), "{reasons:?}");
    }
    assert_eq!(tally("legible").handled, HANDLERS.len());
    assert_eq!((tally("legible").alive, tally("behind it")), (0, Tally::default()));
}

#[tokio::test]
async fn a_message_that_cannot_be_decoded_is_a_dead_letter() {
    let verdicts = take("hundred", &[commit(1, 2, &["illegible 2"])]).await;
    let [Verdict::Dead { reason }] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert!(reason.contains("at version 1, event 0: `Said` (schema 2) cannot be decoded"), "{reason}");
}

#[tokio::test]
async fn the_handlers_of_a_queue_work_side_by_side_and_fail_for_themselves() {
    let verdicts = take("mixed", &[commit(1, 2, &["mixed"])]).await;
    let [Verdict::Retry { reason, .. }] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert!(reason.contains("it panicked") && reason.contains("no word of it"), "{reason}");
    assert_eq!(tally("mixed"), Tally { decoded: 1, handled: 2, ..Tally::default() });
}
