//! Accounts whose deposits a clerk enters into a book, over a topic and a queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use cqrs_core::delivery::{DeadLetters, DeliveryStore, Message, RetryPolicy};
use cqrs_core::prelude::*;
use cqrs_core::{Commit, EventStore, StreamKey};
use cqrs_dynamo::{Broker, BrokerTopic, DeadLetterQueues, Dynamo, Worker};
use cqrs_tests::bank::{self, Deposit, Deposited, Open};
use tokio::sync::watch;

/// How often a commit is tried.
pub(crate) const ATTEMPTS: u32 = 3;
pub(crate) const CLERK: &str = "clerk";
/// How long the clerk may take for a deposit: no test waits for it.
const LONG: Duration = Duration::from_hours(1);

/// Enters a deposit into the book, unless the desk says otherwise.
#[event_handler(Deposited)]
async fn clerk(event: &Recorded<Deposited>, desk: &Desk) -> Result<(), HandlerError> {
    desk.enter(event).await
}

/// What the clerk works with. Clones share everything.
#[derive(Clone)]
pub(crate) struct Desk {
    shared: Arc<Shared>,
}

struct Shared {
    /// `{account}:{version}`, at every try.
    tried: Mutex<Vec<String>>,
    /// The same for finished deposits.
    book: watch::Sender<Vec<String>>,
    /// The notes of deposits at which the clerk fails, and whether for good.
    broken: Mutex<HashMap<String, bool>>,
    /// Whether the clerk works on deposits whose note is `wait`.
    open: watch::Sender<bool>,
    /// How many entries are in work, and the largest number so far.
    busy: watch::Sender<(usize, usize)>,
}

impl Desk {
    fn new() -> Self {
        let shared = Shared {
            tried: Mutex::default(),
            book: watch::Sender::default(),
            broken: Mutex::default(),
            open: watch::Sender::new(false),
            busy: watch::Sender::new((0, 0)),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) async fn enter(&self, event: &Recorded<Deposited>) -> Result<(), HandlerError> {
        let account = event.stream().sk().trim_start_matches("ACCOUNT#").to_owned();
        let entry = format!("{account}:{}", event.version());
        self.shared.tried.lock().unwrap().push(entry.clone());
        if event.note == "wait" {
            let _busy = Busy::new(self);
            self.shared.open.subscribe().wait_for(|open| *open).await?;
        }
        let permanent = self.shared.broken.lock().unwrap().get(&event.note).copied();
        if let Some(permanent) = permanent {
            return Err(match permanent {
                true => HandlerError::permanent(format!("the clerk refuses `{}`", event.note)),
                false => HandlerError::retry(format!("the clerk cannot read `{}`", event.note)),
            });
        }
        self.shared.book.send_modify(|book| book.push(entry));
        Ok(())
    }

    /// From now on deposits with this note fail; for good, if `permanent`.
    pub(crate) fn fail(&self, note: &str, permanent: bool) {
        self.shared.broken.lock().unwrap().insert(note.to_owned(), permanent);
    }

    /// From now on nothing fails any more.
    pub(crate) fn repair(&self) {
        self.shared.broken.lock().unwrap().clear();
    }

    /// Lets the waiting deposits continue.
    pub(crate) fn open(&self) {
        self.shared.open.send_replace(true);
    }

    /// Resolves when the clerk holds this number of deposits at the same time.
    pub(crate) async fn busy(&self, count: usize) {
        self.shared.busy.subscribe().wait_for(|(now, _)| *now >= count).await.unwrap();
    }

    /// The largest number so far.
    pub(crate) fn busiest(&self) -> usize {
        self.shared.busy.borrow().1
    }

    pub(crate) fn tried(&self) -> Vec<String> {
        self.shared.tried.lock().unwrap().clone()
    }

    pub(crate) fn book(&self) -> Vec<String> {
        self.shared.book.borrow().clone()
    }

    /// Resolves when this number of entries is in the book.
    pub(crate) async fn entered(&self, count: usize) {
        self.shared.book.subscribe().wait_for(|book| book.len() >= count).await.unwrap();
    }

    /// The book in the order of accounts, for tests without a defined order.
    pub(crate) fn sorted_book(&self) -> Vec<String> {
        let mut book = self.book();
        book.sort();
        book
    }
}

/// One entry in work, until it is done or dropped.
struct Busy<'a>(&'a Desk);

impl<'a> Busy<'a> {
    fn new(desk: &'a Desk) -> Self {
        desk.shared.busy.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        Self(desk)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.shared.busy.send_modify(|(now, _)| *now -= 1);
    }
}

/// A bank with its topic and its queues.
pub(crate) struct Office {
    pub(crate) dynamo: Dynamo,
    pub(crate) broker: Broker,
    pub(crate) topic: BrokerTopic,
    pub(crate) app: App,
    pub(crate) desk: Desk,
}

impl Office {
    /// With the clerk alone, on a standard topic.
    pub(crate) async fn new() -> Self {
        Self::with(crate::emulator().broker(), &[CLERK]).await
    }

    pub(crate) async fn with(broker: Broker, subscribers: &[&str]) -> Self {
        Self::of(broker, subscribers, LONG).await
    }

    /// With the clerk alone, with this time limit for a deposit.
    pub(crate) async fn limited(timeout: Duration) -> Self {
        Self::of(crate::emulator().broker(), &[CLERK], timeout).await
    }

    async fn of(broker: Broker, subscribers: &[&str], timeout: Duration) -> Self {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let desk = Desk::new();
        let app = app_within(&dynamo, &desk, subscribers, timeout);
        let topic = broker.create(&app).await.unwrap();
        Self { dynamo, broker, topic, app, desk }
    }

    /// Opens an account, and makes a deposit with each note; returns the commits of the deposits, from
    /// version 2 on.
    pub(crate) async fn deposit<const N: usize>(&self, account: &str, notes: [&str; N]) -> [Commit; N] {
        let key = bank::account(account);
        self.app.execute(&key, Open { owner: account.to_owned() }).await.unwrap();
        for note in notes {
            self.app.execute(&key, Deposit { cents: 1, note: note.to_owned() }).await.unwrap();
        }
        self.commits(account, 2, 1 + N as u64).await.try_into().unwrap()
    }

    /// One deposit more; its commit.
    pub(crate) async fn next_deposit(&self, account: &str) -> [Commit; 1] {
        let deposit = Deposit { cents: 1, note: String::new() };
        let done = self.app.execute(&bank::account(account), deposit).await.unwrap();
        [self.commit(account, done.version.get()).await]
    }

    /// One commit of an account.
    pub(crate) async fn commit(&self, account: &str, version: u64) -> Commit {
        self.commits(account, version, version).await.remove(0)
    }

    /// The commits of an account from one version to another.
    pub(crate) async fn commits(&self, account: &str, first: u64, last: u64) -> Vec<Commit> {
        let stream = bank::account(account).stream().unwrap();
        let (mut commits, mut after) = (Vec::new(), Version::new(first).previous());
        loop {
            let page = self.dynamo.event_store().read(&stream, after, Version::new(last)).await.unwrap();
            commits.extend(page.commits);
            match commits.last() {
                Some(commit) if page.more => after = commit.version,
                _ => return commits,
            }
        }
    }

    /// Publishes as the relay does.
    pub(crate) async fn publish(&self, commits: &[Commit]) {
        for commit in commits {
            let message = Message::of(&self.app, commit);
            let attribute = |kind: &str, value: String| {
                MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap()
            };
            let types = serde_json::to_string(&message.types).unwrap();
            let mut request = self
                .broker
                .sns()
                .publish()
                .topic_arn(&self.topic.arn)
                .message(message.body)
                .message_attributes("types", attribute("String.Array", types));
            if let Some(id) = message.correlation_id {
                request = request.message_attributes("correlationId", attribute("String", id));
            }
            if self.broker.is_fifo() {
                request = request.message_group_id(message.group).message_deduplication_id(message.id);
            } else if let Some(tenant) = message.tenant {
                request = request.message_group_id(tenant);
            }
            request.send().await.unwrap();
        }
    }

    /// Puts a commit among the clerk's dead letters, and parks its stream.
    pub(crate) async fn put_away(&self, commit: &Commit, reason: &str) {
        let delivery_store = self.dynamo.event_store().delivery();
        delivery_store.park(CLERK, &commit.stream, commit.version).await.unwrap();
        let dead =
            self.topic.queues.iter().find(|made| made.queue == CLERK).unwrap().dead_letters_url.clone();
        let reason = aws_sdk_sqs::types::MessageAttributeValue::builder()
            .data_type("String")
            .string_value(reason)
            .build()
            .unwrap();
        let send = self.broker.sqs().send_message().queue_url(dead).message_attributes("reason", reason);
        send.message_body(Message::of(&self.app, commit).body).send().await.unwrap();
    }

    /// Sends a body straight to the clerk's queue.
    pub(crate) async fn send(&self, body: impl Into<String>) {
        self.broker.sqs().send_message().queue_url(self.url()).message_body(body).send().await.unwrap();
    }

    /// The URL of the clerk's queue.
    pub(crate) fn url(&self) -> &str {
        &self.topic.queues.iter().find(|made| made.queue == CLERK).unwrap().url
    }

    pub(crate) fn worker(&self) -> Worker {
        worker(&self.broker, &self.app)
    }

    /// The dead letters of all queues.
    pub(crate) fn letters(&self) -> DeadLetters<DeadLetterQueues> {
        DeadLetters::new(DeadLetterQueues::new(&self.broker, &self.app).wait(Duration::ZERO))
    }

    /// The dead letters, each as `{account}:{version} {reason}`.
    pub(crate) async fn letters_told(&self) -> Vec<String> {
        let letters = self.letters().of(CLERK).await.unwrap();
        let told = letters.into_iter().map(|letter| {
            let place = letter.id.place().map(|(stream, version)| place(&stream, version));
            format!("{} {}", place.unwrap_or_default(), letter.reason)
        });
        told.collect()
    }

    /// How many messages the clerk's queue has, held or not.
    pub(crate) async fn backlog(&self) -> u32 {
        // In one request: between two a message may go from one count to the other.
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        self.count(&counts).await
    }

    /// How many of them are held.
    pub(crate) async fn in_flight(&self) -> u32 {
        self.count(&[QueueAttributeName::ApproximateNumberOfMessagesNotVisible]).await
    }

    async fn count(&self, names: &[QueueAttributeName]) -> u32 {
        let request = self.broker.sqs().get_queue_attributes().queue_url(self.url());
        let output = request.set_attribute_names(Some(names.to_vec())).send().await.unwrap();
        let attributes = output.attributes.unwrap();
        names.iter().map(|name| attributes[name].parse::<u32>().unwrap()).sum()
    }
}

pub(crate) fn app(dynamo: &Dynamo, desk: &Desk, subscribers: &[&str]) -> App {
    app_within(dynamo, desk, subscribers, LONG)
}

fn app_within(dynamo: &Dynamo, desk: &Desk, subscribers: &[&str], timeout: Duration) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .provide(desk.clone())
        .only(subscribers.iter().copied())
        .settings(|settings| {
            settings.delivery = RetryPolicy { attempts: ATTEMPTS, base: Duration::ZERO, cap: Duration::ZERO };
            settings.poll = Duration::from_millis(5);
            settings.handler_timeout = timeout;
            settings.unknown_kept = Duration::ZERO;
        })
        .build()
        .unwrap()
}

/// A worker that waits for nothing.
pub(crate) fn worker(broker: &Broker, app: &App) -> Worker {
    broker.worker(app).settings(|settings| {
        settings.wait = Duration::ZERO;
        settings.backoff = Duration::ZERO;
        settings.receive.base = Duration::ZERO;
    })
}

pub(crate) fn place(stream: &StreamKey, version: Version) -> String {
    format!("{}:{version}", stream.sk().trim_start_matches("ACCOUNT#"))
}
