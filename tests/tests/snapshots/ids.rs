//! What the engine remembers about commits travels with the snapshot.

use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::{EventStore, Outcome};

use crate::ledger::every_4::key;
use crate::ledger::{Book, apart, at, stored};

struct World(MemoryEventStore, MemorySnapshotStore);

impl World {
    /// Ten commits, `c-1` to `c-10`, and a snapshot at 8 with so many command ids.
    async fn new(ids: usize) -> Self {
        let world = Self(MemoryEventStore::new(), MemorySnapshotStore::new());
        let app = world.app(ids);
        for number in 1..=10 {
            app.execute(&key("1"), Book(vec![1]))
                .command_id(format!("c-{number}"))
                .at(at(number))
                .await
                .unwrap();
        }
        world
    }

    /// Another process.
    fn app(&self, ids: usize) -> App {
        let app = App::builder(self.0.clone()).snapshots(self.1.clone()).settings(apart);
        app.settings(|settings| settings.snapshot_command_ids = ids).only([]).build().unwrap()
    }
}

async fn outcome(app: &App, number: u64) -> (Outcome, u64) {
    let done = app.execute(&key("1"), Book(vec![1])).command_id(format!("c-{number}")).await.unwrap();
    (done.outcome, done.version.get())
}

#[tokio::test]
async fn a_command_is_recognised_on_either_side_of_a_snapshot() {
    let world = World::new(100).await;
    for number in 1..=10 {
        assert_eq!(outcome(&world.app(100), number).await, (Outcome::Duplicate, number));
    }
    assert_eq!(world.app(100).load(&key("1")).await.unwrap().state.booked, 10);
}

#[tokio::test]
async fn a_command_is_recognised_as_far_back_as_the_snapshot_remembers() {
    let world = World::new(3).await;
    assert_eq!(stored(&world.1, &key("1")).await.unwrap().command_ids, ["c-6", "c-7", "c-8"]);
    for number in [10, 9, 8, 7, 6] {
        assert_eq!(outcome(&world.app(3), number).await, (Outcome::Duplicate, number));
    }
    assert_eq!(outcome(&world.app(3), 5).await, (Outcome::Committed, 11));
    assert_eq!(outcome(&world.app(3), 5).await, (Outcome::Duplicate, 11));
    // Without the snapshot, the stream knows them all.
    let full = App::builder(world.0.clone())
        .snapshots(MemorySnapshotStore::new())
        .settings(apart)
        .only([])
        .build()
        .unwrap();
    assert_eq!(outcome(&full, 4).await, (Outcome::Duplicate, 4));
}

#[tokio::test]
async fn a_snapshot_remembers_at_least_its_own_command() {
    let world = World::new(0).await;
    assert_eq!(stored(&world.1, &key("1")).await.unwrap().command_ids, ["c-8"]);
    assert_eq!(outcome(&world.app(0), 8).await, (Outcome::Duplicate, 8));
}

#[tokio::test]
async fn ids_are_handed_on_from_snapshot_to_snapshot() {
    let world = World::new(6).await;
    let app = world.app(6);
    for number in [11, 12] {
        assert_eq!(outcome(&app, number).await, (Outcome::Committed, number));
    }
    let ids = stored(&world.1, &key("1")).await.unwrap().command_ids;
    assert_eq!(ids, ["c-7", "c-8", "c-9", "c-10", "c-11", "c-12"]);
}

#[tokio::test]
async fn time_does_not_run_backwards_behind_a_snapshot() {
    let world = World(MemoryEventStore::new(), MemorySnapshotStore::new());
    let app = world.app(100);
    // From a machine whose clock is ahead.
    let future = Timestamp::now() + std::time::Duration::from_hours(1);
    let elsewhere = World(MemoryEventStore::new(), MemorySnapshotStore::new());
    elsewhere.app(100).execute(&key("1"), Book(vec![1])).await.unwrap();
    let stream = key("1").stream().unwrap();
    let mut first = elsewhere.0.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits.remove(0);
    std::sync::Arc::make_mut(&mut first.metadata).created_at = future;
    cqrs_tests::commits::append(&world.0, &first).await.unwrap();
    for _ in 0..3 {
        app.execute(&key("1"), Book(vec![1])).await.unwrap();
    }
    let snapshot = stored(&world.1, &key("1")).await.unwrap();
    assert_eq!((snapshot.last_at, snapshot.clock_at), (future, Some(future)));
    let later = world.app(100).execute(&key("1"), Book(vec![1])).await.unwrap();
    assert_eq!((later.version, later.metadata.created_at), (Version::new(5), future));
}
