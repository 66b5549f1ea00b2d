//! When snapshots are written.

use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;

use crate::ledger::every_4::key;
use crate::ledger::{Book, apart, stored};

#[tokio::test]
async fn a_snapshot_is_written_every_so_many_commits() {
    let snapshots = MemorySnapshotStore::new();
    let app = App::builder(MemoryEventStore::new())
        .snapshots(snapshots.clone())
        .settings(apart)
        .only([])
        .build()
        .unwrap();
    for version in 1..=20u64 {
        // Several events are one commit; none are none.
        app.execute(&key("1"), Book(vec![1, 2, 3])).await.unwrap();
        assert!(app.execute(&key("1"), Book(vec![])).await.unwrap().is_unchanged());
        let at = stored(&snapshots, &key("1")).await.map_or(0, |snapshot| snapshot.version.get());
        assert_eq!(at, version / 4 * 4);
    }
    let snapshot = stored(&snapshots, &key("1")).await.unwrap();
    assert_eq!(snapshot.state["booked"], 60);
    assert_eq!(snapshot.state["byAmount"], serde_json::json!({ "1": 20, "2": 20, "3": 20 }));
}

#[tokio::test]
async fn a_process_that_writes_one_commit_in_four_leaves_the_others_their_snapshots() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let app =
        || App::builder(store.clone()).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap();
    let apps = [app(), app(), app()];
    for number in 1..=60usize {
        apps[number % 3].execute(&key("1"), Book(vec![1])).await.unwrap();
        let at = stored(&snapshots, &key("1")).await.map_or(0, |snapshot| snapshot.version.get());
        assert_eq!(at, number as u64 / 4 * 4, "each process has seen whose turn it was");
    }
}
