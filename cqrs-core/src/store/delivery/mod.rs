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

/// The address of a dead letter, and of what it holds back: the subscriber, and the commit by its stored keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct LetterId {
    /// The subscriber that could not take the commit; behind a broker, the queue of its subscribers.
    pub subscriber: String,
    /// The commit's partition key. For a record that is not a commit, or a message without a commit, whatever
    /// identifies it.
    pub pk: String,
    /// The commit's sort key, with its version.
    pub sk: String,
}

impl LetterId {
    /// The letter of one subscriber about the record with these stored keys.
    #[must_use]
    pub fn new(subscriber: impl Into<String>, pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { subscriber: subscriber.into(), pk: pk.into(), sk: sk.into() }
    }

    /// The letter of one subscriber, or one queue, about one commit.
    #[must_use]
    pub fn of(subscriber: &str, stream: &StreamKey, version: Version) -> Self {
        Self { subscriber: subscriber.to_owned(), pk: stream.pk().to_owned(), sk: stream.commit_sk(version) }
    }

    /// The commit that it is about; `None` if the record is not a commit.
    #[must_use]
    pub fn place(&self) -> Option<(StreamKey, Version)> {
        StreamKey::parse_commit(&self.pk, &self.sk).ok()
    }
}

/// A commit that a subscriber could not take, kept until it is redriven or discarded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Its address.
    pub id: LetterId,
    /// What went wrong, or the commit that this one waits behind.
    pub reason: String,
    /// How often it was tried; 0 for one that waits. Behind a broker: how often it has been received as a dead letter,
    /// including this time.
    pub attempts: u32,
    /// When it was put here; behind a broker, when it was put there or last failed.
    pub since: Timestamp,
    /// The commit's record as it was delivered, or what was delivered instead of a record.
    pub record: Value,
}

impl DeadLetter {
    /// A letter about a record, put here at `since`. It has not been tried yet: see
    /// [`with_attempts`](Self::with_attempts).
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

    /// Whether the program that put it here did not know the event, or not under its schema. A program that knows it
    /// redrives the letter when it starts, together with what waits behind it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        awaits_newer_program(&self.reason)
    }

    /// The stored type names of its events, as far as the record has them.
    #[must_use]
    pub fn types(&self) -> Vec<&str> {
        let list = |name: &str| self.record.get(name).and_then(Value::as_array).into_iter().flatten();
        let events = std::iter::once(&self.record).chain(list("rest"));
        let of_events = events.filter_map(|event| event.get("type")?.as_str());
        // The type names of a commit that travels as its keys.
        of_events.chain(list("types").filter_map(Value::as_str)).collect()
    }
}

/// The result of an operation on dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Redriven {
    /// The number of letters that are done and removed.
    pub done: u64,
    /// The number of letters that are still there: those that failed, and those that wait behind them.
    pub left: u64,
}

/// Whether a dead letter with this reason is for a newer program; see [`DeadLetter::is_newer`].
#[must_use]
pub fn awaits_newer_program(reason: &str) -> bool {
    reason.ends_with(NEWER)
}

/// Keeps what the delivery must not forget: positions, dead letters, the streams that wait behind them, and the events
/// that handlers with `once` have finished.
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

    /// Keeps a dead letter, and replaces one that is already there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_letter(&self, letter: &DeadLetter) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Lists one page of the dead letters of a subscriber after `after`, in the order of pk and sk. An empty page is
    /// the end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn letters(
        &self,
        subscriber: &str,
        after: Option<&LetterId>,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, StoreError>> + Send;

    /// Removes a dead letter. It is not an error if the letter is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove_letter(&self, id: &LetterId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Holds a stream back on one queue, because of one commit. Parking again is not an error.
    ///
    /// # Errors
    /// [`StoreError`].
    fn park(
        &self,
        queue: &str,
        stream: &StreamKey,
        version: Version,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reverts [`DeliveryStore::park`] for one commit. A stream flows again when no commit holds it back.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unpark(
        &self,
        queue: &str,
        stream: &StreamKey,
        version: Version,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes that the subscribers of a queue have failed at a commit, and returns how often they have failed so far, in
    /// all processes. The count is forgotten after `expires`. Another commit that takes the place of this one begins at
    /// zero.
    ///
    /// A queue counts receives, and a message is received for many reasons that have nothing to do with a failure.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_attempt(
        &self,
        queue: &str,
        commit: &Commit,
        expires: Timestamp,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;

    /// Forgets the count of [`DeliveryStore::count_attempt`] for a commit.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_attempts(
        &self,
        queue: &str,
        commit: &Commit,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The parked streams of one queue, among some streams. What it reads is bounded by the number of those streams,
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
