//! What every store has to do, whichever it is: one function per promise, run against each of them by `stores.rs`.

pub mod delivery;
pub mod events;
pub mod inbox;
pub mod snapshots;
pub mod views;

use std::sync::Arc;

use cqrs_core::delivery::MemoryDeliveryStore;
use cqrs_core::delivery::{ChangeFeed, DeliveryStore};
use cqrs_core::store::{Append, EventStore, MemoryEventStore, MemoryFeed, NewCommit};
use cqrs_core::{Commit, Metadata, StoreError, StoredEvent, StreamKey, Timestamp, Version};
use cqrs_dynamo::{DynamoDeliveryStore, DynamoEventStore, StreamFeed};
use serde_json::{Value, json};

/// The stream of one id, as an aggregate's key renders it.
///
/// # Panics
/// Where the id is too long.
#[must_use]
pub fn stream(id: &str) -> StreamKey {
    StreamKey::new("TENANT001#ORDER", format!("ORDER#{id}")).unwrap()
}

/// A commit of one event.
#[must_use]
pub fn commit(stream: &StreamKey, version: u64, data: Value) -> Commit {
    Commit {
        stream: stream.clone(),
        version: Version::new(version),
        events: vec![event("OrderCreated", data)],
        metadata: Arc::new(Metadata::new(format!("{stream} {version}"), at(version))),
    }
}

/// A commit with so much text in it.
#[must_use]
pub fn filled(stream: &StreamKey, version: u64, bytes: usize) -> Commit {
    commit(stream, version, json!({ "text": "x".repeat(bytes) }))
}

/// A stored event of schema 1.
#[must_use]
pub fn event(name: &str, data: Value) -> StoredEvent {
    StoredEvent { name: name.to_owned(), schema: 1, data }
}

/// A time for a number.
#[must_use]
pub fn at(number: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_704_103_200_000 + number.cast_signed())
}

/// An event store with its feed and with what the delivery remembers.
pub trait Whole: EventStore {
    /// Its feed.
    type Feed: ChangeFeed;
    /// What the delivery remembers.
    type Delivery: DeliveryStore;
    /// A feed from the beginning.
    fn feed(&self) -> Self::Feed;
    /// What the delivery remembers.
    fn delivery(&self) -> Self::Delivery;
}

impl Whole for MemoryEventStore {
    type Feed = MemoryFeed;
    type Delivery = MemoryDeliveryStore;
    fn feed(&self) -> MemoryFeed {
        Self::feed(self)
    }
    fn delivery(&self) -> MemoryDeliveryStore {
        Self::delivery(self)
    }
}

impl Whole for DynamoEventStore {
    type Feed = StreamFeed;
    type Delivery = DynamoDeliveryStore;
    fn feed(&self) -> StreamFeed {
        Self::feed(self)
    }
    fn delivery(&self) -> DynamoDeliveryStore {
        Self::delivery(self)
    }
}

/// Appends a commit.
///
/// # Errors
/// Those of the store, and what the limits say.
pub async fn append(store: &impl EventStore, commit: &Commit) -> Result<Append, StoreError> {
    store.append(NewCommit::of(commit)?).await
}
