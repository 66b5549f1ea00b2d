use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{
    Append, AppendAll, Change, ChangeFeed, CommitKey, CommitPage, CommitScan, CommitState, EventStore,
    Extent, FeedPage, NewCommit, NewCommits, Positions, Reservation, ReservationChange, ReservationPage,
    StoreError, StreamPage, Taken, TimerId, TimerPage, UniqueValue, limits,
};
use crate::commit::record::Record;
use crate::commit::{Commit, record};
use crate::key::StreamKey;
use crate::store::MemoryDeliveryStore;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A page holds at most this much, like the page of a `Query`.
const PAGE_BYTES: usize = 1024 * 1024;
const PAGE_RESERVATIONS: usize = 1000;
const PAGE_TIMERS: usize = 100;
const SHARD: &str = "memory";

/// An event store in memory, for tests. It keeps the same records, refuses the same commits and pages in the same way
/// as the store on DynamoDB. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemoryEventStore {
    content: Arc<Mutex<Content>>,
    delivery: MemoryDeliveryStore,
}

#[derive(Debug, Default)]
struct Content {
    by_key: BTreeMap<(String, String), Record>,
    log: Vec<(String, String)>,
    owners: BTreeMap<UniqueValue, StreamKey>,
    /// By partition and sort key.
    timers: BTreeMap<(String, String), Record>,
}

impl MemoryEventStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The feed of all commits, in the order of each stream.
    #[must_use]
    pub fn feed(&self) -> MemoryFeed {
        MemoryFeed { store: self.clone() }
    }

    /// What the delivery remembers, beside the commits.
    #[must_use]
    pub fn delivery(&self) -> MemoryDeliveryStore {
        self.delivery.clone()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // No change can panic half-way, so the data that a panicking holder left behind is complete.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStore for MemoryEventStore {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        let Commit { stream, version, .. } = commit.commit;
        let key = (stream.pk().to_owned(), stream.commit_sk(*version));
        let mut content = self.content();
        if let Some(taken) = content.by_key.get(&key) {
            return Ok(Append::Taken(Box::new(record::decode(taken.clone())?)));
        }
        content.log.push(key.clone());
        content.by_key.insert(key, commit.record);
        Ok(Append::Written)
    }

    async fn append_all(&self, new: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        new.check()?;
        let versions = new.commits.iter().map(|new| (&new.commit.stream, new.commit.version));
        let behind = new.unchanged.iter().map(|(stream, version)| (stream, version.next()));
        let mut content = self.content();
        let mut taken = Vec::new();
        for (stream, version) in versions.chain(behind) {
            let key = (stream.pk().to_owned(), stream.commit_sk(version));
            if let Some(record) = content.by_key.get(&key) {
                taken.push(Taken::new(stream.clone(), Some(record::decode(record.clone())?)));
            }
        }
        if !taken.is_empty() {
            return Ok(AppendAll::Taken(taken));
        }
        let reserved = new.reservations.iter().filter_map(|change| {
            let owner = content.owners.get(&change.value).filter(|owner| !change.allows(owner))?;
            Some(Reservation::new(change.value.clone(), owner.clone()))
        });
        let reserved: Vec<_> = reserved.collect();
        if !reserved.is_empty() {
            return Ok(AppendAll::Reserved(reserved));
        }
        if let Some(id) = &new.fired
            && content.timers.remove(&timer_key(id)).is_none()
        {
            return Ok(AppendAll::Gone);
        }
        for timer in new.timers {
            content.timers.insert(timer_key(&timer.id), timer.record());
        }
        for ReservationChange { value, to, .. } in new.reservations {
            match to {
                Some(owner) => content.owners.insert(value, owner),
                None => content.owners.remove(&value),
            };
        }
        for NewCommit { commit, record, .. } in new.commits {
            let key = (commit.stream.pk().to_owned(), commit.stream.commit_sk(commit.version));
            content.log.push(key.clone());
            content.by_key.insert(key, record);
        }
        Ok(AppendAll::Written)
    }

    async fn reservation(&self, value: &UniqueValue) -> Result<Option<Reservation>, StoreError> {
        let owner = self.content().owners.get(value).cloned();
        Ok(owner.map(|owner| Reservation::new(value.clone(), owner)))
    }

    async fn reservations(&self, after: Option<&UniqueValue>) -> Result<ReservationPage, StoreError> {
        let content = self.content();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = content.owners.range::<UniqueValue, _>((start, Bound::Unbounded));
        let page: Vec<_> = found
            .by_ref()
            .take(PAGE_RESERVATIONS)
            .map(|(value, owner)| Reservation::new(value.clone(), owner.clone()))
            .collect();
        let next = found.next().and_then(|_| page.last()).map(|last| last.value.clone());
        Ok(ReservationPage::new(page, next))
    }

    async fn timers(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> Result<TimerPage, StoreError> {
        let content = self.content();
        let start = (partition.to_owned(), after.map_or_else(String::new, |after| after.sk().to_owned()));
        let bound = (partition.to_owned(), TimerId::bound(until));
        if start >= bound {
            return Ok(TimerPage::default());
        }
        let mut due = content.timers.range((Bound::Excluded(start), Bound::Excluded(bound)));
        let page = due.by_ref().take(PAGE_TIMERS).map(|(_, record)| record.clone()).collect();
        Ok(TimerPage::new(page, due.next().is_some()))
    }

    async fn remove_timer(&self, id: &TimerId) -> Result<bool, StoreError> {
        Ok(self.content().timers.remove(&timer_key(id)).is_some())
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        let mut page = CommitPage::default();
        if after >= until {
            return Ok(page);
        }
        let first = (stream.pk().to_owned(), stream.commit_sk(after.next()));
        let last = (stream.pk().to_owned(), stream.commit_sk(until));
        let mut bytes = 0;
        for record in self.content().by_key.range(first..=last).map(|(_, record)| record) {
            if bytes >= PAGE_BYTES {
                page.more = true;
                break;
            }
            bytes += limits::size(record);
            page.commits.push(record::decode(record.clone())?);
        }
        Ok(page)
    }

    async fn read_last(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
        limit: u64,
    ) -> Result<CommitPage, StoreError> {
        let mut page = CommitPage::default();
        if after >= until {
            return Ok(page);
        }
        let first = (stream.pk().to_owned(), stream.commit_sk(after.next()));
        let last = (stream.pk().to_owned(), stream.commit_sk(until));
        let mut bytes = 0;
        for record in self.content().by_key.range(first..=last).rev().map(|(_, record)| record) {
            if bytes >= PAGE_BYTES || page.commits.len() as u64 >= limit {
                page.more = true;
                break;
            }
            bytes += limits::size(record);
            let mut record = record.clone();
            page.states.extend(CommitState::take(&mut record));
            page.commits.push(record::decode(record)?);
        }
        page.commits.reverse();
        page.states.reverse();
        Ok(page)
    }

    fn keeps_states(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        let content = self.content();
        let start = match after {
            Some(key) => Bound::Excluded((key.stream.pk().to_owned(), key.stream.commit_sk(key.version))),
            None => Bound::Unbounded,
        };
        let range = content.by_key.range((start, Bound::Unbounded));
        let mut wanted = range.filter(|((pk, _), _)| extent.holds(pk)).map(|(_, record)| record);
        let mut scan = CommitScan::default();
        let mut bytes = 0;
        while bytes < PAGE_BYTES {
            let Some(record) = wanted.next() else { return Ok(scan) };
            bytes += limits::size(record);
            scan.commits.push(record::decode(record.clone())?);
        }
        scan.next = wanted.next().and_then(|_| scan.commits.last()).map(CommitKey::of);
        Ok(scan)
    }

    async fn streams(
        &self,
        partition: &str,
        prefix: &str,
        after: Option<&CommitKey>,
        limit: usize,
    ) -> Result<StreamPage, StoreError> {
        let content = self.content();
        let mut page = StreamPage::default();
        let mut start = Bound::Included((partition.to_owned(), prefix.to_owned()));
        let mut last = after.map(|after| CommitKey::new(after.stream.clone(), Version::MAX));
        loop {
            if let Some(last) = &last {
                start = Bound::Excluded((partition.to_owned(), last.stream.commit_sk(last.version)));
            }
            let found = content.by_key.range((start.clone(), Bound::Unbounded)).next();
            let Some(((pk, sk), _)) = found.filter(|((pk, sk), _)| pk == partition && sk.starts_with(prefix))
            else {
                page.next = None;
                return Ok(page);
            };
            if page.streams.len() >= limit.max(1) {
                page.next = last;
                return Ok(page);
            }
            let (stream, _) = StreamKey::parse_commit(pk, sk)?;
            page.read += 1;
            page.streams.push(stream.clone());
            // A key after every key of the stream.
            last = Some(CommitKey::new(stream, Version::MAX));
        }
    }

    async fn count(&self) -> Result<Option<u64>, StoreError> {
        Ok(Some(self.content().by_key.len() as u64))
    }
}

fn timer_key(id: &TimerId) -> (String, String) {
    (id.pk().to_owned(), id.sk().to_owned())
}

/// The feed of a [`MemoryEventStore`].
#[derive(Debug)]
pub struct MemoryFeed {
    store: MemoryEventStore,
}

impl ChangeFeed for MemoryFeed {
    async fn read(&mut self, after: &Positions) -> Result<FeedPage, StoreError> {
        let content = self.store.content();
        let start = after.get(SHARD).and_then(|position| position.parse().ok()).unwrap_or(0);
        let mut changes = Vec::new();
        for (index, key) in content.log.iter().enumerate().skip(start).take(100) {
            let mut record = content.by_key.get(key).cloned().unwrap_or_default();
            record.remove(record::STATE);
            changes.push(Change {
                shard: SHARD.to_owned(),
                position: format!("{:021}", index + 1),
                record: Value::Object(record),
            });
        }
        Ok(FeedPage { changes })
    }
}
