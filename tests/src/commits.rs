//! Commits for tests, and functions that write and read them.

use cqrs_core::store::{Append, EventStore, Extent, NewCommit};
use cqrs_core::{Commit, Metadata, StoreError, StoredEvent, StreamKey, Timestamp, Version};
use serde_json::Value;

/// The stream of one id, as an aggregate's key renders it.
///
/// # Panics
/// If the id is too long.
#[must_use]
pub fn stream(id: &str) -> StreamKey {
    StreamKey::new("TENANT001#ORDER", format!("ORDER#{id}")).unwrap()
}

/// A commit of one event.
#[must_use]
pub fn commit(stream: &StreamKey, version: u64, data: Value) -> Commit {
    let metadata = Metadata::new(format!("{stream} {version}"), at(version));
    let event = StoredEvent::new("OrderCreated", 1, data);
    Commit::new(stream.clone(), Version::new(version), vec![event], metadata)
}

/// A time for a number.
#[must_use]
pub fn at(number: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_704_103_200_000 + number.cast_signed())
}

/// Appends a commit at a version that is free.
///
/// # Errors
/// The errors of the store and of the limits.
///
/// # Panics
/// If another commit holds the version.
pub async fn append(store: &impl EventStore, commit: &Commit) -> Result<(), StoreError> {
    assert_eq!(store.append(NewCommit::of(commit)?).await?, Append::Written);
    Ok(())
}

/// Reads a stream page by page to its end.
///
/// # Panics
/// If the store fails.
pub async fn all(store: &impl EventStore, stream: &StreamKey) -> Vec<Commit> {
    let mut found: Vec<Commit> = Vec::new();
    loop {
        let after = found.last().map_or(Version::NONE, |commit| commit.version);
        let page = store.read(stream, after, Version::MAX).await.unwrap();
        found.extend(page.commits);
        if !page.more {
            return found;
        }
    }
}

/// Scans an extent to its end.
///
/// # Panics
/// If the store fails.
pub async fn scan(store: &impl EventStore, extent: &Extent) -> Vec<Commit> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(extent, after.as_ref()).await.unwrap();
        found.extend(page.commits);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}
