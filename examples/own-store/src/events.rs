//! Commits, one line each, with an index of their places in memory.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cqrs_core::spi::{
    Append, AppendAll, Change, ChangeFeed, Commit, CommitKey, CommitPage, CommitScan, EventStore, Extent,
    FeedPage, NewCommit, NewCommits, Positions, RefusedKind, Reservation, ReservationChange, ReservationPage,
    StoreError, StreamKey, Taken, TimerId, TimerPage, Timestamp, UniqueValue, Version, record,
};
use serde_json::{Value, json};

use crate::journal::{Journal, unavailable};
use crate::timers::{self, Timers};

/// A page ends with the line that brings it over this size.
const PAGE_BYTES: u64 = 1024 * 1024;

/// How many reservations are in a page.
const PAGE_RESERVATIONS: usize = 1000;

/// How many timers are in a page.
const PAGE_TIMERS: usize = 100;

/// A field that the line of a reservation has, and that of a commit does not.
const RESERVED: &str = "reserved";

/// A file has one order, so the feed has one shard.
const SHARD: &str = "file";

/// An event store in a file. Clones share it.
#[derive(Debug, Clone)]
pub struct FileEventStore {
    file: Arc<Mutex<Commits>>,
}

#[derive(Debug)]
struct Commits {
    journal: Journal,
    /// By pk and sk: the text order of the keys is the order of the versions.
    by_key: BTreeMap<(String, String), Range<u64>>,
    in_order: Vec<Range<u64>>,
    /// The owners of the unique values.
    owners: BTreeMap<UniqueValue, StreamKey>,
    timers: Timers,
}

impl FileEventStore {
    /// Opens a file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be read; [`StoreError::Corrupt`] for a line that is not a commit.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut lines = Vec::new();
        let journal = Journal::open(path, |line, place| lines.push((line, place))).map_err(unavailable)?;
        let mut commits = Commits {
            journal,
            by_key: BTreeMap::new(),
            in_order: Vec::new(),
            owners: BTreeMap::new(),
            timers: Timers::default(),
        };
        for (line, place) in lines {
            if commits.timers.note(&line, place.clone()) {
                continue;
            }
            if let Some((value, owner)) = reservation(&line)? {
                commits.reserve(value, owner);
                continue;
            }
            let commit = decode(line)?;
            commits.insert(key(&commit.stream, commit.version), place);
        }
        Ok(Self { file: Arc::new(Mutex::new(commits)) })
    }

    /// The feed of all commits.
    #[must_use]
    pub fn feed(&self) -> FileFeed {
        FileFeed { store: self.clone() }
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        // A line is on the disk before the index knows it, so the data that a panicking holder left behind is complete.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commits {
    fn insert(&mut self, key: (String, String), place: Range<u64>) {
        self.by_key.insert(key, place.clone());
        self.in_order.push(place);
    }

    fn reserve(&mut self, value: UniqueValue, owner: Option<StreamKey>) {
        match owner {
            Some(owner) => self.owners.insert(value, owner),
            None => self.owners.remove(&value),
        };
    }

    /// Reads lines until a page is full, and returns whether there were more.
    fn page<'a>(
        &self,
        places: impl Iterator<Item = &'a Range<u64>>,
    ) -> Result<(Vec<Commit>, bool), StoreError> {
        let mut commits = Vec::new();
        let mut bytes = 0;
        for place in places {
            if bytes >= PAGE_BYTES {
                return Ok((commits, true));
            }
            bytes += place.end - place.start;
            commits.push(decode(self.journal.read(place)?)?);
        }
        Ok((commits, false))
    }
}

impl EventStore for FileEventStore {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        let key = key(&commit.commit.stream, commit.commit.version);
        // One lock around the check and the write: everything else relies on this condition.
        let mut commits = self.commits();
        if let Some(place) = commits.by_key.get(&key) {
            return Ok(Append::Taken(Box::new(decode(commits.journal.read(place)?)?)));
        }
        let place = commits.journal.append(&Value::Object(commit.record))?;
        commits.insert(key, place);
        Ok(Append::Written)
    }

    async fn append_all(&self, new: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        new.check()?;
        let keys: Vec<_> =
            new.commits.iter().map(|new| key(&new.commit.stream, new.commit.version)).collect();
        let behind = new.unchanged.iter().map(|(stream, version)| (stream, key(stream, version.next())));
        let written = new.commits.iter().map(|new| &new.commit.stream).zip(keys.iter().cloned());
        let mut commits = self.commits();
        let mut taken = Vec::new();
        for (stream, key) in written.chain(behind) {
            if let Some(place) = commits.by_key.get(&key) {
                taken.push(Taken::new(stream.clone(), Some(decode(commits.journal.read(place)?)?)));
            }
        }
        if !taken.is_empty() {
            return Ok(AppendAll::Taken(taken));
        }
        let reserved = new.reservations.iter().filter_map(|change| {
            let owner = commits.owners.get(&change.value).filter(|owner| !change.allows(owner))?;
            Some(Reservation::new(change.value.clone(), owner.clone()))
        });
        let reserved: Vec<_> = reserved.collect();
        if !reserved.is_empty() {
            return Ok(AppendAll::Reserved(reserved));
        }
        if new.fired.as_ref().is_some_and(|id| !commits.timers.has(id)) {
            return Ok(AppendAll::Gone);
        }
        let records = new.commits.into_iter().map(|new| Value::Object(new.record));
        let changes = new.reservations.iter().map(|change| {
            let owner = change.to.as_ref().map(|owner| [owner.pk(), owner.sk()]);
            json!({ RESERVED: change.value.key(), "owner": owner })
        });
        let fired = new.fired.iter().map(timers::gone).chain(new.timers.iter().map(timers::set));
        let lines: Vec<_> = records.chain(changes).chain(fired).collect();
        let places = commits.journal.append_all(&lines)?;
        for (line, place) in lines.iter().zip(&places).skip(keys.len()) {
            commits.timers.note(line, place.clone());
        }
        for ReservationChange { value, to, .. } in new.reservations {
            commits.reserve(value, to);
        }
        keys.into_iter().zip(places).for_each(|(key, place)| commits.insert(key, place));
        Ok(AppendAll::Written)
    }

    async fn reservation(&self, value: &UniqueValue) -> Result<Option<Reservation>, StoreError> {
        let owner = self.commits().owners.get(value).cloned();
        Ok(owner.map(|owner| Reservation::new(value.clone(), owner)))
    }

    async fn reservations(&self, after: Option<&UniqueValue>) -> Result<ReservationPage, StoreError> {
        let commits = self.commits();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = commits.owners.range::<UniqueValue, _>((start, Bound::Unbounded));
        let page = found.by_ref().take(PAGE_RESERVATIONS);
        let page: Vec<_> =
            page.map(|(value, owner)| Reservation::new(value.clone(), owner.clone())).collect();
        let next = found.next().and_then(|_| page.last()).map(|last| last.value.clone());
        Ok(ReservationPage::new(page, next))
    }

    async fn timers(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> Result<TimerPage, StoreError> {
        let commits = self.commits();
        let mut due = commits.timers.due(partition, until, after);
        let page = due.by_ref().take(PAGE_TIMERS);
        let page: Result<_, _> = page.map(|place| timers::record(commits.journal.read(place)?)).collect();
        Ok(TimerPage::new(page?, due.next().is_some()))
    }

    async fn remove_timer(&self, id: &TimerId) -> Result<bool, StoreError> {
        let mut commits = self.commits();
        if !commits.timers.has(id) {
            return Ok(false);
        }
        let line = timers::gone(id);
        let place = commits.journal.append(&line)?;
        commits.timers.note(&line, place);
        Ok(true)
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        if after >= until {
            return Ok(CommitPage::default());
        }
        let commits = self.commits();
        let range = commits.by_key.range(key(stream, after.next())..=key(stream, until));
        let (found, more) = commits.page(range.map(|(_, place)| place))?;
        Ok(CommitPage::new(found, more))
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        let commits = self.commits();
        let start =
            after.map_or(Bound::Unbounded, |after| Bound::Excluded(key(&after.stream, after.version)));
        let range = commits.by_key.range((start, Bound::Unbounded)).filter(|((pk, _), _)| extent.holds(pk));
        let (found, more) = commits.page(range.map(|(_, place)| place))?;
        let next = found.last().filter(|_| more).map(CommitKey::of);
        Ok(CommitScan::new(found, next))
    }

    async fn count(&self) -> Result<Option<u64>, StoreError> {
        Ok(Some(self.commits().in_order.len() as u64))
    }

    fn segments(&self, _: u32) -> u32 {
        1
    }
}

/// The lines of the file in their order. A position is where a line ends.
#[derive(Debug)]
pub struct FileFeed {
    store: FileEventStore,
}

impl ChangeFeed for FileFeed {
    async fn read(&mut self, after: &Positions) -> Result<FeedPage, StoreError> {
        let start = after.get(SHARD).and_then(|position| position.parse().ok()).unwrap_or(0);
        let commits = self.store.commits();
        let first = commits.in_order.partition_point(|place| place.end <= start);
        let mut page = FeedPage::default();
        for place in commits.in_order.iter().skip(first).take(100) {
            // All have one length, so that positions sort as text.
            let position = format!("{:020}", place.end);
            page.changes.push(Change::new(SHARD, position, commits.journal.read(place)?));
        }
        Ok(page)
    }
}

fn key(stream: &StreamKey, version: Version) -> (String, String) {
    (stream.pk().to_owned(), stream.commit_sk(version))
}

/// The reservation of a line, if it is one.
fn reservation(line: &Value) -> Result<Option<(UniqueValue, Option<StreamKey>)>, StoreError> {
    let Some(value) = line.get(RESERVED).and_then(Value::as_str) else { return Ok(None) };
    let value =
        UniqueValue::parse(value).ok_or_else(|| unreadable(format!("`{value}` is not a unique value")))?;
    let part = |index: usize| line["owner"][index].as_str();
    let owner = part(0).zip(part(1)).map(|(pk, sk)| StreamKey::new(pk, sk)).transpose()?;
    Ok(Some((value, owner)))
}

fn unreadable(reason: impl Into<String>) -> StoreError {
    StoreError::refused(RefusedKind::Unreadable, reason.into())
}

fn decode(line: Value) -> Result<Commit, StoreError> {
    let Value::Object(fields) = line else {
        return Err(unreadable("a line of the commits is not an object"));
    };
    Ok(record::decode(fields)?)
}
