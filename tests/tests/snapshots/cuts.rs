//! For every stream and every snapshot of it: the state from the snapshot is the fold of the whole stream.

use std::sync::{Arc, Mutex};

use cqrs_core::prelude::*;
use cqrs_core::snapshot::{MemorySnapshotStore, SnapshotStore, StoredSnapshot};
use cqrs_core::store::MemoryEventStore;
use cqrs_core::{Outcome, StoreError, StreamKey};
use proptest::prelude::*;

use crate::ledger::{self, Book, Keep, apart, at, digest, stored};

/// Keeps every snapshot that was ever written.
#[derive(Clone, Default)]
struct Album(Arc<Mutex<Vec<StoredSnapshot>>>);

impl SnapshotStore for Album {
    async fn get(&self, _: &StreamKey) -> Result<Option<StoredSnapshot>, StoreError> {
        Ok(None)
    }

    async fn put(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(snapshot.clone());
        Ok(())
    }
}

/// A stream, and the snapshot after each of its commits.
async fn stream_of(commits: &[Vec<i64>]) -> (MemoryEventStore, Vec<StoredSnapshot>) {
    let (store, album) = (MemoryEventStore::new(), Album::default());
    let app = App::builder(store.clone()).snapshots(album.clone()).settings(apart).only([]).build().unwrap();
    let key = ledger::every_1::key("1");
    for (number, amounts) in (1..).zip(commits) {
        let book = app.execute(&key, Book(amounts.clone()));
        book.command_id(format!("c-{number}")).at(at(number)).await.unwrap();
    }
    let snapshots = album.0.lock().unwrap().clone();
    (store, snapshots)
}

/// Loads in every way, with one snapshot or none, and compares with the sum of the amounts.
macro_rules! check {
    ($ledger:ident, $store:expr, $snapshot:expr, $commits:expr) => {{
        use ledger::$ledger::{Ledger, key};
        let (commits, cut) = ($commits, $snapshot.map(|snapshot| snapshot.version));
        let snapshots = MemorySnapshotStore::new();
        if let Some(snapshot) = $snapshot {
            snapshots.put(snapshot).await.unwrap();
        }
        let app = App::builder($store.clone()).snapshots(snapshots).settings(apart).only([]).build().unwrap();
        let right = |loaded: Loaded<Ledger>, version: usize, how: &str| {
            let amounts = &commits[..version];
            let context = format!("{how} with a snapshot at {cut:?}");
            assert_eq!(loaded.version.get(), version as u64, "{context}");
            assert_eq!((loaded.state.digest, loaded.state.booked), digest(amounts), "{context}");
            let kinds: u64 = loaded.state.by_amount.values().sum();
            assert_eq!(
                (kinds, loaded.state.last),
                (loaded.state.booked, amounts.iter().flatten().last().copied())
            );
        };
        // The second time it is known where the snapshot lies.
        for how in ["first load", "second load"] {
            right(app.load(&key("1")).await.unwrap(), commits.len(), how);
        }
        for version in 0..=commits.len() + 1 {
            let number = version as u64;
            let reached = version.min(commits.len());
            right(app.load_version(&key("1"), Version::new(number)).await.unwrap(), reached, "load_version");
            right(app.load_as_of(&key("1"), at(number)).await.unwrap(), reached, "load_as_of");
            // All of them were recorded by this test, whatever they tell.
            right(app.load_as_recorded(&key("1"), at(number)).await.unwrap(), 0, "load_as_recorded");
        }
        // Every command is remembered, whichever side of the snapshot it is on.
        for (number, booked) in (1_u64..).zip(commits.iter()) {
            let again = app.execute(&key("1"), Book(booked.clone())).command_id(format!("c-{number}"));
            let again = again.await.unwrap();
            assert_eq!((again.outcome, again.version.get()), (Outcome::Duplicate, number), "{cut:?}");
        }
    }};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn from_every_cut_it_is_the_full_fold(
        commits in prop::collection::vec(prop::collection::vec(-9i64..9, 1..4), 1..14),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, snapshots) = stream_of(&commits).await;
            assert_eq!(snapshots.len(), commits.len());
            for snapshot in std::iter::once(None).chain(snapshots.iter().map(Some)) {
                check!(every_1, store, snapshot, &commits);
                check!(every_4, store, snapshot, &commits);
                check!(every_100, store, snapshot, &commits);
            }
        });
    }
}

/// Between the snapshot and the last page lie several others.
#[tokio::test]
async fn a_tail_of_several_pages_is_folded_once() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let key = ledger::every_4::key("1");
    let app = |snapshots: &MemorySnapshotStore| {
        App::builder(store.clone()).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap()
    };
    let (first, other) = (app(&snapshots), app(&MemorySnapshotStore::new()));
    for number in 0..30 {
        let app = if number < 4 { &first } else { &other };
        app.execute(&key, Keep("x".repeat(150_000))).await.unwrap();
    }
    assert_eq!(stored(&snapshots, &key).await.unwrap().version, Version::new(4));
    let full = app(&MemorySnapshotStore::new()).load(&key).await.unwrap();
    assert_eq!(full.version, Version::new(30));
    assert_eq!(app(&snapshots).load(&key).await.unwrap(), full);
    assert_eq!(app(&snapshots).load_version(&key, Version::new(29)).await.unwrap().version, Version::new(29));
}
