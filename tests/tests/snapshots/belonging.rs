//! A snapshot of another history: the events table was restored from a backup, and the snapshots were not.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::{MemorySnapshotStore, SnapshotStore, StoredSnapshot};
use cqrs_core::store::MemoryEventStore;
use cqrs_core::{StoreError, StreamKey};
use cqrs_dynamo::Dynamo;

use crate::ledger::every_4::{Ledger, key};
use crate::ledger::{Book, apart, stored};

/// A stream of this number of amounts; its snapshots go into the store.
async fn history(snapshots: &MemorySnapshotStore, amount: i64, commits: usize) -> MemoryEventStore {
    let store = MemoryEventStore::new();
    let app =
        App::builder(store.clone()).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap();
    for _ in 0..commits {
        app.execute(&key("1"), Book(vec![amount])).await.unwrap();
    }
    store
}

async fn load(store: &MemoryEventStore, snapshots: &MemorySnapshotStore) -> Loaded<Ledger> {
    let app =
        App::builder(store.clone()).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap();
    let loaded = app.load(&key("1")).await.unwrap();
    assert_eq!(app.load(&key("1")).await.unwrap(), loaded, "the second time");
    assert_eq!(app.load_version(&key("1"), Version::new(1000)).await.unwrap(), loaded);
    loaded
}

/// For every length of the stream, before and after the snapshot that is not its own.
#[tokio::test]
async fn a_snapshot_of_another_history_is_ignored() {
    for commits in [0, 1, 3, 4, 7, 8, 9, 11, 12, 13, 15] {
        let foreign = MemorySnapshotStore::new();
        history(&foreign, 100, 8).await;
        let store = history(&MemorySnapshotStore::new(), 1, commits).await;
        let loaded = load(&store, &foreign).await;
        assert_eq!((loaded.version.get(), loaded.state.booked), (commits as u64, commits as u64));
        assert_eq!(loaded, load(&store, &MemorySnapshotStore::new()).await);
        // What is written next takes its version behind the stream's end, not behind the snapshot's.
        let app = App::builder(store).snapshots(foreign).settings(apart).only([]).build().unwrap();
        let done = app.execute(&key("1"), Book(vec![1])).await.unwrap();
        assert_eq!(done.version.get(), commits as u64 + 1);
    }
}

/// It was seen, and then it is gone, or replaced by an earlier one.
#[tokio::test]
async fn a_snapshot_may_vanish_or_go_back() {
    let early = MemorySnapshotStore::new();
    history(&early, 1, 4).await;
    for then in [None, stored(&early, &key("1")).await] {
        let snapshots = Swapped::default();
        let store = MemoryEventStore::new();
        let app = App::builder(store).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap();
        for _ in 0..14 {
            app.execute(&key("1"), Book(vec![1])).await.unwrap();
        }
        let loaded = app.load(&key("1")).await.unwrap();
        let empty = MemorySnapshotStore::new();
        if let Some(snapshot) = &then {
            empty.put(snapshot).await.unwrap();
        }
        *snapshots.0.lock().unwrap() = empty;
        assert_eq!(app.load(&key("1")).await.unwrap(), loaded);
        assert_eq!(app.load(&key("1")).await.unwrap(), loaded);
    }
}

/// The table is replaced by an earlier one while a process runs that knows where the snapshot was.
#[tokio::test]
async fn a_stream_may_end_before_the_snapshot_that_was_seen() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo.event_store())
        .snapshots(dynamo.snapshots())
        .settings(apart)
        .only([])
        .build()
        .unwrap();
    for _ in 0..14 {
        app.execute(&key("1"), Book(vec![1])).await.unwrap();
    }
    assert_eq!(app.load(&key("1")).await.unwrap().version, Version::new(14));
    let stream = key("1").stream().unwrap();
    for version in (4..=14).map(Version::new) {
        delete(&dynamo, "events", stream.pk(), &stream.commit_sk(version)).await;
    }
    delete(&dynamo, "snapshots", stream.pk(), stream.sk()).await;
    for _ in 0..2 {
        let loaded = app.load(&key("1")).await.unwrap();
        assert_eq!((loaded.version.get(), loaded.state.booked), (3, 3));
    }
}

async fn delete(dynamo: &Dynamo, table: &str, pk: &str, sk: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let delete = dynamo.client().delete_item().table_name(table).key("pk", text(pk)).key("sk", text(sk));
    delete.send().await.unwrap();
}

/// A store whose content can be exchanged, as by deleting and recreating its table.
#[derive(Clone, Default)]
struct Swapped(Arc<Mutex<MemorySnapshotStore>>);

impl SnapshotStore for Swapped {
    async fn get(&self, stream: &StreamKey) -> Result<Option<StoredSnapshot>, StoreError> {
        let store = self.0.lock().unwrap().clone();
        store.get(stream).await
    }

    async fn put(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        let store = self.0.lock().unwrap().clone();
        store.put(snapshot).await
    }
}
