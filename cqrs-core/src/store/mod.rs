//! The traits that stores implement, and the stores in memory.
//!
//! Code that executes commands names no store: [`App`](crate::App) hides it. A store of your own implements
//! [`EventStore`], with a [`ChangeFeed`] to deliver from and a [`DeliveryStore`] for what the delivery remembers.
//! [`spi`](crate::spi) is the guide.

mod backlog;
mod commits;
mod delivery;
mod erased;
mod error;
mod feed;
pub mod limits;
mod memory;
mod reservation;
mod scan;
mod stream_page;
mod timer;

pub(crate) use backlog::DynBacklog;
pub use backlog::{Backlog, Waiting};
#[cfg(feature = "conformance")]
pub(crate) use commits::LETTER_BYTES;
pub use commits::{AppendAll, NewCommits, Taken};
pub(crate) use delivery::DynDeliveryStore;
pub use delivery::{
    Claim, DeadLetter, DeliveryStore, Finish, Inbox, InboxId, InboxLease, LetterId, MemoryDeliveryStore,
    Redriven, awaits_newer_program,
};
pub(crate) use erased::DynEventStore;
pub use error::{RefusedKind, StoreError};
pub(crate) use feed::DynChangeFeed;
pub use feed::{Change, ChangeFeed, FeedPage, Positions};
pub use limits::NewCommit;
pub use memory::{MemoryEventStore, MemoryFeed};
pub use reservation::{Reservation, ReservationChange, ReservationPage, UniqueValue};
pub use scan::{CommitKey, CommitScan, Extent};
pub use stream_page::StreamPage;
pub use timer::{TIMER_SHARDS, Timer, TimerId, TimerPage};
pub(crate) use timer::{fail_timer, set_timer};

pub use crate::commit::{CommitState, CorruptCommit, record};
pub use crate::json::canonical;

use std::future::Future;

use crate::commit::Commit;
use crate::key::StreamKey;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// Keeps commits: appends under optimistic locking, and reads streams page by page.
///
/// Commits are never changed and never deleted.
///
/// A store in front of another one, which counts writes:
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use cqrs_core::app::Stores;
/// use cqrs_core::store::{Append, CommitKey, CommitPage, CommitScan, Extent, MemoryEventStore, NewCommit};
/// use cqrs_core::{App, EventStore, StoreError, StreamKey, Version};
///
/// struct Counted<S> {
///     store: S,
///     written: AtomicU64,
/// }
///
/// impl<S: EventStore> EventStore for Counted<S> {
///     async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
///         let append = self.store.append(commit).await?;
///         if append == Append::Written {
///             self.written.fetch_add(1, Ordering::Relaxed);
///         }
///         Ok(append)
///     }
///
///     async fn read(
///         &self,
///         stream: &StreamKey,
///         after: Version,
///         until: Version,
///     ) -> Result<CommitPage, StoreError> {
///         self.store.read(stream, after, until).await
///     }
///
///     async fn scan(
///         &self,
///         extent: &Extent,
///         after: Option<&CommitKey>,
///     ) -> Result<CommitScan, StoreError> {
///         self.store.scan(extent, after).await
///     }
/// }
///
/// let memory = MemoryEventStore::new();
/// let delivery = memory.delivery();
/// let counted = Counted { store: memory.clone(), written: AtomicU64::new(0) };
/// let app = App::builder(Stores::new(counted, delivery).feed(move || memory.feed())).build()?;
/// # Ok::<(), cqrs_core::BuildError>(())
/// ```
pub trait EventStore: Send + Sync + 'static {
    /// Writes the commit if its version is still free, as one atomic step.
    ///
    /// # Errors
    /// [`StoreError`]. After [`StoreError::Throttled`] and [`StoreError::Unavailable`], it is open whether the commit
    /// was written. Appending the same commit again is safe, because the answer carries the commit that holds the
    /// version.
    fn append(&self, commit: NewCommit<'_>) -> impl Future<Output = Result<Append, StoreError>> + Send;

    /// Writes commits of several streams, all of them or none, if their versions are still free, and if the streams
    /// that must be [unchanged](NewCommits::unchanged) have no commit after their versions.
    ///
    /// This is for [`App::transaction`](crate::App::transaction). A store without transactions keeps the default, which
    /// refuses them.
    ///
    /// # Errors
    /// As [`EventStore::append`], and [`StoreError::Refused`] with [`RefusedKind::Data`] for more than [one transaction takes](NewCommits::check). After
    /// [`StoreError::Throttled`] and [`StoreError::Unavailable`] either all commits were written or none.
    fn append_all(
        &self,
        commits: NewCommits<'_>,
    ) -> impl Future<Output = Result<AppendAll, StoreError>> + Send {
        let _ = commits;
        let reason = "the event store has no transactions; implement `EventStore::append_all`";
        async move { Err(StoreError::refused(RefusedKind::Unsupported, reason)) }
    }

    /// Reads which stream a value belongs to, with all writes that were acknowledged before; `None` if it belongs to no
    /// stream.
    ///
    /// This is for aggregates with [`unique`](macro@crate::aggregate#unique-values) fields. A store that does not
    /// implement [`append_all`](Self::append_all) keeps the default, which refuses it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn reservation(
        &self,
        value: &UniqueValue,
    ) -> impl Future<Output = Result<Option<Reservation>, StoreError>> + Send {
        let _ = value;
        async { Err(keeps_no_values()) }
    }

    /// Reads one page of the values that belong to a stream, those after `after`, to build them anew.
    ///
    /// # Errors
    /// As [`EventStore::reservation`].
    fn reservations(
        &self,
        after: Option<&UniqueValue>,
    ) -> impl Future<Output = Result<ReservationPage, StoreError>> + Send {
        let _ = after;
        async { Err(keeps_no_values()) }
    }

    /// Reads one page of the timers of one [partition](TimerId::partition) that are due at `until` or earlier: those
    /// after `after`, the earliest first. A timer that was written a moment ago may be missing.
    ///
    /// This is for commands that are [scheduled](crate::app::Execute::due). A store that does not implement
    /// [`append_all`](Self::append_all) keeps the default, which refuses it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn timers(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> impl Future<Output = Result<TimerPage, StoreError>> + Send {
        let _ = (partition, until, after);
        async { Err(keeps_no_timers()) }
    }

    /// Removes a timer; false if it was not there.
    ///
    /// # Errors
    /// As [`EventStore::timers`].
    fn remove_timer(&self, id: &TimerId) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = id;
        async { Err(keeps_no_timers()) }
    }

    /// Reads the commits of one stream after `after`, up to and including `until`, in their order, with all writes that
    /// were acknowledged before.
    ///
    /// The store decides where a page ends, after at most about a megabyte of records. Only `more: false` is the end of
    /// the stream.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for an item that cannot be read. A reader must stop there.
    fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> impl Future<Output = Result<CommitPage, StoreError>> + Send;

    /// Reads the last commits of one stream after `after`, up to and including `until`, at most `limit` of them, in the
    /// order of their versions, with all writes that were acknowledged before. The page begins where the store has no
    /// more room for earlier commits, and always extends to the last one. `more` says that earlier commits after
    /// `after` are missing in it, or may be.
    ///
    /// This is for loading from a snapshot: a store that [keeps states](Self::keeps_states) also answers with the
    /// states of the commits. The default reads everything in between, and no states. A store that can read backwards
    /// overrides it.
    ///
    /// # Errors
    /// As [`EventStore::read`].
    fn read_last(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
        limit: u64,
    ) -> impl Future<Output = Result<CommitPage, StoreError>> + Send {
        async move {
            let mut last = CommitPage::default();
            let mut after = after;
            loop {
                let page = self.read(stream, after, until).await?;
                after = page.commits.last().map_or(after, |commit| commit.version);
                last.commits.extend(page.commits);
                let before = (last.commits.len() as u64).saturating_sub(limit);
                last.more |= before > 0;
                last.commits.drain(..usize::try_from(before).unwrap_or(0));
                if !page.more {
                    return Ok(last);
                }
            }
        }
    }

    /// Whether the store keeps the whole [record](NewCommit::record) of a commit, and [`read_last`](Self::read_last)
    /// answers with the [states](CommitPage::states) in the records. The default is no: all snapshots then go into the
    /// snapshot store.
    fn keeps_states(&self) -> bool {
        false
    }

    /// Reads one page of the commits of an extent after `after`, a commit of the same extent, with all writes that were
    /// acknowledged before the page was requested. A commit that is appended during a scan is found or not.
    ///
    /// This is for replays and for catching up. On DynamoDB, a segment is read by `Scan`, which is charged for
    /// everything in it.
    ///
    /// # Errors
    /// As [`EventStore::read`].
    fn scan(
        &self,
        extent: &Extent,
        after: Option<&CommitKey>,
    ) -> impl Future<Output = Result<CommitScan, StoreError>> + Send;

    /// Finds one page of the streams of one partition whose sort keys begin with `prefix`: at most `limit` of those
    /// after the stream of `after`, in the order in which a scan of the partition meets them. It sees what was
    /// acknowledged before the request. `after` is the [`StreamPage::next`] of the page before.
    ///
    /// This is for tools that [list streams](mod@crate::inspect). The default reads one page of a [scan](Self::scan),
    /// and with it all commits of the streams. A store that can skip the commits of a stream overrides it; such a page
    /// takes one request.
    ///
    /// # Errors
    /// As [`EventStore::scan`].
    fn streams(
        &self,
        partition: &str,
        prefix: &str,
        after: Option<&CommitKey>,
        limit: usize,
    ) -> impl Future<Output = Result<StreamPage, StoreError>> + Send {
        stream_page::among_commits(self, partition, prefix, after, limit)
    }

    /// About how many commits there are, to estimate how long a scan takes; `None` if the store does not know.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count(&self) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send {
        async { Ok(None) }
    }

    /// The best number of segments for a scan that asks for `wanted` of them. The default is that number. A store that
    /// answers one request at a time gains nothing from more than one.
    fn segments(&self, wanted: u32) -> u32 {
        wanted
    }
}

fn keeps_no_values() -> StoreError {
    let reason = "the event store keeps no unique values; implement `EventStore::append_all`, `reservation` and `reservations`";
    StoreError::refused(RefusedKind::Unsupported, reason)
}

fn keeps_no_timers() -> StoreError {
    let reason =
        "the event store keeps no timers; implement `EventStore::append_all`, `timers` and `remove_timer`";
    StoreError::refused(RefusedKind::Unsupported, reason)
}

/// The result of an append.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "another commit may hold the version"]
pub enum Append {
    /// The commit holds its version now.
    Written,
    /// Another commit holds the version; here it is. It may be the same commit, if an earlier answer was lost.
    Taken(Box<Commit>),
}

/// Some commits of one stream.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CommitPage {
    /// In the order of their versions.
    pub commits: Vec<Commit>,
    /// Whether there may be more after the last one.
    pub more: bool,
    /// The states of those commits that carry one. Only [`EventStore::read_last`] looks for them.
    pub states: Vec<CommitState>,
}

impl CommitPage {
    /// Some commits, and whether there may be more.
    #[must_use]
    pub fn new(commits: Vec<Commit>, more: bool) -> Self {
        Self { commits, more, states: Vec::new() }
    }

    /// The same page, with the states of those commits that carry one.
    #[must_use]
    pub fn with_states(mut self, states: Vec<CommitState>) -> Self {
        self.states = states;
        self
    }
}
