//! What the delivery remembers: positions, dead letters, parked streams, attempts and the inbox.

mod erased;
mod inbox;
mod memory;

pub(crate) use erased::DynDeliveryStore;
pub use inbox::{Claim, Finish, Inbox, InboxId, InboxLease};
pub use memory::MemoryDeliveryStore;

use std::collections::HashSet;
use std::future::Future;

use serde_json::Value;

use crate::commit::Commit;
use crate::event::upcaster::NEWER;
use crate::key::StreamKey;
use crate::store::{Positions, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The address of a dead letter, and of what it holds back: whose letter it is, and the commit by its stored keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct LetterId {
    /// The subscriber that could not do its work; behind a broker the queue of its subscribers.
    pub subscriber: String,
    /// The commit's partition key. Of a record that is no commit, and of a message that holds none, whatever tells it from others.
    pub pk: String,
    /// The commit's sort key, with its version.
    pub sk: String,
}

impl LetterId {
    /// The letter of one subscriber about what has these stored keys.
    #[must_use]
    pub fn new(subscriber: impl Into<String>, pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { subscriber: subscriber.into(), pk: pk.into(), sk: sk.into() }
    }

    /// The letter of one subscriber, or one queue, about one commit.
    #[must_use]
    pub fn of(subscriber: &str, stream: &StreamKey, version: Version) -> Self {
        Self { subscriber: subscriber.to_owned(), pk: stream.pk().to_owned(), sk: stream.commit_sk(version) }
    }

    /// The commit that it is about; none where the record is no commit.
    #[must_use]
    pub fn place(&self) -> Option<(StreamKey, Version)> {
        StreamKey::parse_commit(&self.pk, &self.sk).ok()
    }
}

/// A commit that a subscriber could not take, kept until it is redriven or dropped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Its address.
    pub id: LetterId,
    /// What went wrong, or the commit that this one waits behind.
    pub reason: String,
    /// How often it was tried; 0 for one that waits. Behind a broker: how often it has been received as a dead letter, this time
    /// included.
    pub attempts: u32,
    /// When it was put here; behind a broker, or failed last.
    pub since: Timestamp,
    /// The commit's record as it was delivered, or what was delivered instead of one.
    pub record: Value,
}

impl DeadLetter {
    /// A letter about a record, put here at `since`. It was not tried yet: see [`with_attempts`](Self::with_attempts).
    #[must_use]
    pub fn new(id: LetterId, reason: impl Into<String>, since: Timestamp, record: Value) -> Self {
        Self { id, reason: reason.into(), attempts: 0, since, record }
    }

    /// How often it was tried.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Whether the program that put it here did not know the event, or not under its schema. A program that does redrives it
    /// when it starts, with what waits behind it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        awaits_newer_program(&self.reason)
    }

    /// The stored type names of its events, as far as the record tells.
    #[must_use]
    pub fn types(&self) -> Vec<&str> {
        let list = |name: &str| self.record.get(name).and_then(Value::as_array).into_iter().flatten();
        let events = std::iter::once(&self.record).chain(list("rest"));
        let of_events = events.filter_map(|event| event.get("type")?.as_str());
        // Of a commit that travels as its keys.
        of_events.chain(list("types").filter_map(Value::as_str)).collect()
    }
}

/// What became of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Redriven {
    /// How many are done and gone.
    pub done: u64,
    /// How many are still there: those that failed, and those that wait behind them.
    pub left: u64,
}

/// Whether a dead letter with this reason is for a newer program; see [`DeadLetter::is_newer`].
#[must_use]
pub fn awaits_newer_program(reason: &str) -> bool {
    reason.ends_with(NEWER)
}

/// Keeps what the delivery must not forget: positions, dead letters, the streams that wait behind them, and what
/// handlers with `once` have done.
pub trait DeliveryStore: Inbox + Send + Sync + 'static {
    /// How far a subscriber has come.
    ///
    /// # Errors
    /// [`StoreError`].
    fn positions(&self, subscriber: &str) -> impl Future<Output = Result<Positions, StoreError>> + Send;

    /// Remembers a subscriber's position in one shard.
    ///
    /// # Errors
    /// [`StoreError`].
    fn save_position(
        &self,
        subscriber: &str,
        shard: &str,
        position: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps a dead letter, over one that is there already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_letter(&self, letter: &DeadLetter) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Lists the dead letters of a subscriber after `after`, one page in the order of pk and sk.
    /// An empty page is the end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn letters(
        &self,
        subscriber: &str,
        after: Option<&LetterId>,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, StoreError>> + Send;

    /// Removes a dead letter; one that is not there is no error.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove_letter(&self, id: &LetterId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Holds a stream back on one queue, on account of one commit. Again is no error.
    ///
    /// # Errors
    /// [`StoreError`].
    fn park(
        &self,
        queue: &str,
        stream: &StreamKey,
        version: Version,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes back what [`DeliveryStore::park`] did for one commit; a stream flows again when none is left.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unpark(
        &self,
        queue: &str,
        stream: &StreamKey,
        version: Version,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes that the subscribers of a queue have failed at a commit; answers how often they have by now, whichever process it was.
    /// It is forgotten after `expires`, and another commit that takes the place of this one begins anew.
    ///
    /// A queue counts receives, and a message is received for many reasons that say nothing against it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_attempt(
        &self,
        queue: &str,
        commit: &Commit,
        expires: Timestamp,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;

    /// Forgets what [`DeliveryStore::count_attempt`] has counted for a commit.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_attempts(
        &self,
        queue: &str,
        commit: &Commit,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Those of some streams that are held back on one queue. What it reads is bounded by the number of those streams,
    /// however many others are held back.
    ///
    /// # Errors
    /// [`StoreError`].
    fn parked(
        &self,
        queue: &str,
        among: &[StreamKey],
    ) -> impl Future<Output = Result<HashSet<StreamKey>, StoreError>> + Send;
}
