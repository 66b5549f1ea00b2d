use std::future::Future;
use std::time::Duration;

use crate::commit::CommitDigest;
use crate::key::StreamKey;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// What an inbox record is about: a handler, and one event, identified by its place and by its commit. An event that
/// takes the place of another one, in an events table that was restored to an earlier point, is another event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct InboxId {
    /// The handler's name.
    pub handler: String,
    /// The stream of the event's commit.
    pub stream: StreamKey,
    /// The version of the event's commit.
    pub version: Version,
    /// The event's place in its commit, from 0.
    pub index: usize,
    /// The digest of the event's commit.
    pub digest: CommitDigest,
}

impl InboxId {
    /// One handler, and the event at `index` of a commit.
    #[must_use]
    pub fn new(
        handler: impl Into<String>,
        stream: StreamKey,
        version: Version,
        index: usize,
        digest: CommitDigest,
    ) -> Self {
        Self { handler: handler.into(), stream, version, index, digest }
    }
}

/// The right to handle one event, for a limited time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxLease {
    /// Its owner: unique to one run, so that two runs in one process are two owners.
    pub owner: String,
    /// When it is claimed.
    pub now: Timestamp,
    /// From then on another owner may claim the event.
    pub until: Timestamp,
    /// From then on the record may be forgotten; never before `until`.
    pub expires: Timestamp,
}

/// The result of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "another owner may have the event"]
pub enum Claim {
    /// The claimant may handle the event.
    Claimed,
    /// The event has been handled.
    Done,
    /// Another owner has leased it.
    Busy {
        /// From then on it may be claimed.
        until: Timestamp,
    },
}

/// The result of a finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "where the lease was lost, the event may be handled twice"]
pub enum Finish {
    /// The event counts as handled.
    Done,
    /// The lease had run out, and another owner has claimed the event since: nothing was written.
    Lost,
}

/// Remembers which events the handlers with `once` have finished: one record per handler and event.
///
/// A record is claimed before the handler runs and finished after it. In between, the event is leased to one owner. An
/// owner that vanishes holds the event up until the lease runs out. The callers give the times: their clocks must agree
/// to much less than a lease.
pub trait Inbox {
    /// Leases an event that was neither handled nor is leased at `lease.now`, in one atomic step.
    ///
    /// Its owner can claim it again, which renews the lease, so a lost answer does no harm.
    ///
    /// # Errors
    /// [`StoreError`]. A transient one leaves open whether the event is leased.
    fn claim(
        &self,
        id: &InboxId,
        lease: &InboxLease,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Notes that the event was handled, unless another owner has claimed it. A lease that has run out remains good as
    /// long as no other owner has claimed the event. Finishing again is not an error.
    ///
    /// # Errors
    /// [`StoreError`]. A transient one leaves open whether it is noted.
    fn finish(
        &self,
        id: &InboxId,
        lease: &InboxLease,
    ) -> impl Future<Output = Result<Finish, StoreError>> + Send;

    /// Gives the lease back, so that the event can be claimed at once. It changes nothing for a lease that is no longer
    /// held, or for an event that has been handled.
    ///
    /// # Errors
    /// [`StoreError`].
    fn release(
        &self,
        id: &InboxId,
        lease: &InboxLease,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl InboxLease {
    /// A lease from `now` on, of a record that is kept for at least `kept`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cqrs_core::Timestamp;
    /// use cqrs_core::delivery::InboxLease;
    ///
    /// let now: Timestamp = "2024-01-01T10:00:00Z".parse()?;
    /// let lease = InboxLease::new("run-1", now, Duration::from_secs(60), Duration::from_secs(24 * 60 * 60));
    /// assert_eq!(lease.until.to_string(), "2024-01-01T10:01:00.000Z");
    /// assert_eq!(lease.expires.to_string(), "2024-01-02T10:00:00.000Z");
    /// # Ok::<(), cqrs_core::TimestampError>(())
    /// ```
    #[must_use]
    pub fn new(owner: &str, now: Timestamp, lease: Duration, kept: Duration) -> Self {
        Self { owner: owner.to_owned(), now, until: now + lease, expires: now + kept.max(lease) }
    }
}
