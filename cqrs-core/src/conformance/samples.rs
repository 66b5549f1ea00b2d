use serde_json::{Value, json};

use crate::commit::{Commit, StoredEvent};
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::store::{Append, DynEventStore, NewCommit, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// Ids that a careless store would confuse.
pub(super) const KINDRED: [&str; 7] = ["A", "A1", "A10", "A%400000000001", "A ", "a", "注文"];

/// The stream of one id, as an aggregate's key renders it.
pub(super) fn stream(id: &str) -> StreamKey {
    StreamKey::new("TENANT001#ORDER", format!("ORDER#{id}")).unwrap()
}

/// A commit of one event.
pub(super) fn commit(stream: &StreamKey, version: u64, data: Value) -> Commit {
    let metadata = Metadata::new(format!("{stream} {version}"), at(version));
    Commit::new(stream.clone(), Version::new(version), vec![event("OrderCreated", data)], metadata)
}

/// A commit with a text of `bytes` in it.
pub(super) fn filled(stream: &StreamKey, version: u64, bytes: usize) -> Commit {
    commit(stream, version, json!({ "text": "x".repeat(bytes) }))
}

/// A stored event of schema 1.
pub(super) fn event(name: &str, data: Value) -> StoredEvent {
    StoredEvent::new(name, 1, data)
}

/// A time for a number.
pub(super) fn at(number: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_704_103_200_000 + number.cast_signed())
}

/// Appends a commit as the engine does.
pub(super) async fn append(store: &dyn DynEventStore, commit: &Commit) -> Result<Append, StoreError> {
    store.append(NewCommit::of(commit)?).await
}

/// Appends a commit at a version that is free.
pub(super) async fn write(store: &dyn DynEventStore, commit: &Commit) {
    assert_eq!(append(store, commit).await.unwrap(), Append::Written);
}
