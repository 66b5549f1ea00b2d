//! Two processes, one of which is farther from the store than the other. Time is that of the test.

use std::time::Duration;

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, EventStore, Extent, MemoryEventStore, NewCommit,
    NewCommits, StoreError, TimerId, TimerPage,
};
use cqrs_core::{StreamKey, Timestamp, Version};
use cqrs_tests::bank::{self, Open, deposit};
use tokio::time::sleep;

/// A store whose answers take a while.
#[derive(Clone)]
struct Distant {
    store: MemoryEventStore,
    round_trip: Duration,
}

impl Distant {
    async fn request<T>(&self, work: impl Future<Output = T>) -> T {
        sleep(self.round_trip / 2).await;
        let answer = work.await;
        sleep(self.round_trip / 2).await;
        answer
    }
}

impl IntoStores for Distant {
    fn into_stores(self) -> Stores {
        let delivery = self.store.delivery();
        Stores::new(self, delivery)
    }
}

impl EventStore for Distant {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.request(self.store.append(commit)).await
    }

    async fn append_all(&self, commits: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        self.request(self.store.append_all(commits)).await
    }

    async fn timers(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> Result<TimerPage, StoreError> {
        self.request(self.store.timers(partition, until, after)).await
    }

    async fn remove_timer(&self, id: &TimerId) -> Result<bool, StoreError> {
        self.request(self.store.remove_timer(id)).await
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.request(self.store.read(stream, after, until)).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.request(self.store.scan(extent, after)).await
    }
}

/// The far one is late by as much after every loss, whatever it does.
#[tokio::test(start_paused = true)]
async fn a_busy_process_leaves_room_for_one_that_is_farther_from_the_store() {
    // The waits are random, and the same in each run.
    fastrand::seed(7);
    for (near, far) in [(10, 11), (10, 16), (10, 19)] {
        for in_transactions in [false, true] {
            let store = MemoryEventStore::new();
            let app = |millis| {
                let round_trip = Duration::from_millis(millis);
                bank::app(Distant { store: store.clone(), round_trip }).unwrap()
            };
            let (near, far) = (app(near), app(far));
            let key = bank::account("1");
            near.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
            // They have met.
            far.execute(&key, deposit(1)).await.unwrap();
            let busy = async {
                for number in 0.. {
                    if in_transactions {
                        let other = bank::account(&format!("other-{number}"));
                        let open = near.transaction().execute(&other, Open { owner: "Bob".into() });
                        open.execute(&key, deposit(1)).await.unwrap();
                    } else {
                        near.execute(&key, deposit(1)).await.unwrap();
                    }
                }
            };
            let slow = async {
                for _ in 0..20 {
                    far.execute(&key, deposit(1)).await.unwrap();
                }
            };
            tokio::select! {
                () = busy => {}
                () = slow => {}
            }
        }
    }
}

/// A pause would show in the time that passes.
#[tokio::test(start_paused = true)]
async fn a_process_that_writes_alone_never_waits() {
    let round_trip = Duration::from_millis(10);
    let app = bank::app(Distant { store: MemoryEventStore::new(), round_trip }).unwrap();
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    let begun = tokio::time::Instant::now();
    for _ in 0..100 {
        app.execute(&key, deposit(1)).await.unwrap();
    }
    assert_eq!(begun.elapsed(), round_trip * 100);
}
