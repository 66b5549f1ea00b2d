//! Stores that lose one request in ten, and work that is killed between any two polls.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, EventStore, Extent, MemoryEventStore, NewCommit,
    NewCommits, StoreError, TimerId, TimerPage,
};
use cqrs_core::{StreamKey, Timestamp, Version};
use cqrs_dynamo::{Dynamo, Embedded};
use fastrand::Rng;
use tokio::task::yield_now;

use crate::faults::{Fault, Faults};

const PERCENT: u32 = 10;

/// An embedded DynamoDB of whose requests one in ten fails in some way.
///
/// # Panics
/// If another thread has panicked during a request.
#[must_use]
pub fn shaken(database: &Embedded, seed: u64) -> Dynamo {
    let rng = Mutex::new(Rng::with_seed(seed));
    let faults = Faults::new(database, move |_| {
        let mut rng = rng.lock().unwrap();
        if rng.u32(..100) >= PERCENT {
            return Fault::None;
        }
        let faults = [
            Fault::Reset,
            Fault::AnswerLost,
            Fault::Answer(500, "InternalServerError"),
            Fault::Answer(400, "ThrottlingException"),
        ];
        faults[rng.usize(..faults.len())]
    });
    faults.dynamo_without_retries()
}

/// Polls work a number of times, and drops it; `None` if it had not finished by then.
pub async fn stopped_after<T>(mut polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// The same faults in front of a store in memory, which is many times as fast. Every request takes some polls, so that
/// others run in between, and so that work can be stopped there.
#[derive(Clone)]
pub struct ShakenMemory {
    store: MemoryEventStore,
    rng: Arc<Mutex<Rng>>,
    percent: u32,
}

impl ShakenMemory {
    /// The store behind faults that are drawn from a seed.
    #[must_use]
    pub fn new(store: &MemoryEventStore, seed: u64) -> Self {
        Self { store: store.clone(), rng: Arc::new(Mutex::new(Rng::with_seed(seed))), percent: PERCENT }
    }

    /// The store without faults, but with the polls.
    #[must_use]
    pub fn slow(store: &MemoryEventStore) -> Self {
        Self { percent: 0, ..Self::new(store, 0) }
    }

    async fn request<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        yield_now().await;
        let (fails, arrives) = {
            let mut rng = self.rng.lock().unwrap();
            (rng.u32(..100) < self.percent, rng.bool())
        };
        let source = "injected by the test";
        if fails && !arrives {
            return Err(StoreError::Throttled { source: source.into() });
        }
        let answer = work.await?;
        yield_now().await;
        if fails { Err(StoreError::Unavailable { source: source.into() }) } else { Ok(answer) }
    }
}

impl IntoStores for ShakenMemory {
    fn into_stores(self) -> Stores {
        let (delivery, feed) = (self.store.delivery(), self.store.clone());
        Stores::new(self, delivery).feed(move || feed.feed())
    }
}

impl EventStore for ShakenMemory {
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
