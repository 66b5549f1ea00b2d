//! Stored commits, and a store that has them in memory.

use std::sync::{Mutex, PoisonError};

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::prelude::*;
use cqrs_core::store::{Append, CommitKey, CommitPage, CommitScan, Extent, MemoryEventStore, NewCommit};
use cqrs_core::{Commit, EventStore, Metadata, StoreError, StoredEvent, StreamKey};

use crate::Fallible;
use crate::order::{Discounted, DiscountedV1, Noted, OrderKey, Priced, placed};

/// The events of the commit of that number.
pub(crate) type Events = fn(usize) -> Fallible<Vec<StoredEvent>>;

/// Kinds of events in turn.
pub(crate) fn mixed(number: usize) -> Fallible<Vec<StoredEvent>> {
    Ok(vec![match number % 3 {
        0 => StoredEvent::encode(&placed())?,
        1 => StoredEvent::encode(&Priced { total_amount: 20_000 })?,
        _ => StoredEvent::encode(&Noted { note: "call before delivery".to_owned() })?,
    }])
}

pub(crate) fn ten(_: usize) -> Fallible<Vec<StoredEvent>> {
    Ok((0..10).map(mixed).collect::<Fallible<Vec<_>>>()?.into_iter().flatten().collect())
}

/// At the last schema of three.
pub(crate) fn newest(_: usize) -> Fallible<Vec<StoredEvent>> {
    Ok(vec![StoredEvent::encode(&Discounted { percent: 5, reason: "late".to_owned() })?])
}

/// At the first.
pub(crate) fn oldest(_: usize) -> Fallible<Vec<StoredEvent>> {
    Ok(vec![StoredEvent::encode(&DiscountedV1 { factor: 5 })?])
}

pub(crate) fn commits(count: usize, events: Events) -> Fallible<Vec<Commit>> {
    let stream = order()?.stream()?;
    let commit = |number: usize| -> Fallible<Commit> {
        let id = format!("{number:08x}-8694-739b-aea5-966c26f8ad91");
        let metadata = Metadata::new(id, "2024-01-01T10:00:00Z".parse()?);
        Ok(Commit::new(stream.clone(), Version::new(number as u64 + 1), events(number)?, metadata))
    };
    (0..count).map(commit).collect()
}

pub(crate) fn order() -> Fallible<OrderKey> {
    Ok(OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001"))
}

/// One stream, whose commits are returned in one page, so that the store itself does not count.
pub(crate) struct Prepared {
    commits: Mutex<Vec<Commit>>,
    store: MemoryEventStore,
}

impl Prepared {
    pub(crate) fn of(commits: Vec<Commit>) -> Self {
        Self { commits: Mutex::new(commits), store: MemoryEventStore::new() }
    }
}

impl EventStore for Prepared {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.store.append(commit).await
    }

    async fn read(&self, _: &StreamKey, _: Version, _: Version) -> Result<CommitPage, StoreError> {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(CommitPage::new(std::mem::take(&mut *commits), false))
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.store.scan(extent, after).await
    }
}

impl IntoStores for Prepared {
    fn into_stores(self) -> Stores {
        let delivery = self.store.delivery();
        Stores::new(self, delivery)
    }
}
