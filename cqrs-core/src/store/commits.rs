use super::{NewCommit, Reservation, ReservationChange, StoreError, Timer, TimerId, limits};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::version::Version;

/// The names of a reservation's attributes.
const RESERVATION_BYTES: usize = 32;
/// Room for the key, the time and the reason of a dead letter.
pub(crate) const LETTER_BYTES: usize = 16 * 1024;

/// Commits that are appended together or not at all: at most one for each stream.
///
/// ```
/// use cqrs_core::store::{AppendAll, EventStore, MemoryEventStore, NewCommit, NewCommits};
/// # use cqrs_core::{Commit, StoreError, StreamKey, Version};
///
/// async fn transfer(
///     store: &MemoryEventStore,
///     withdrawal: &Commit,
///     deposit: &Commit,
///     limits: &StreamKey,
///     seen: Version,
/// ) -> Result<bool, StoreError> {
///     let commits = vec![NewCommit::of(withdrawal)?, NewCommit::of(deposit)?];
///     let both = NewCommits::new(commits).unchanged(limits.clone(), seen);
///     Ok(store.append_all(both).await? == AppendAll::Written)
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewCommits<'a> {
    /// The commits to append.
    pub commits: Vec<NewCommit<'a>>,
    /// Streams that must still be at these versions; none of them is a stream of `commits`.
    pub unchanged: Vec<(StreamKey, Version)>,
    /// Values that change their owner; each value at most once.
    pub reservations: Vec<ReservationChange>,
    /// Timers to set, each at most once. One that is already there is written again.
    pub timers: Vec<Timer>,
    /// A timer that must be there, and is removed. It is not one of those to set.
    pub fired: Option<TimerId>,
}

impl<'a> NewCommits<'a> {
    /// These commits, without a further condition.
    #[must_use]
    pub fn new(commits: Vec<NewCommit<'a>>) -> Self {
        Self { commits, unchanged: Vec::new(), reservations: Vec::new(), timers: Vec::new(), fired: None }
    }

    /// Appends only if the stream is still at this version.
    #[must_use]
    pub fn unchanged(mut self, stream: StreamKey, version: Version) -> Self {
        self.unchanged.push((stream, version));
        self
    }

    /// Appends only if the value belongs to no stream, or to one of the two streams; the value then changes its owner.
    #[must_use]
    pub fn reserving(mut self, change: ReservationChange) -> Self {
        self.reservations.push(change);
        self
    }

    /// Also sets a timer.
    #[must_use]
    pub fn setting(mut self, timer: Timer) -> Self {
        self.timers.push(timer);
        self
    }

    /// Appends only if the timer is there; the timer is then removed.
    #[must_use]
    pub fn firing(mut self, id: TimerId) -> Self {
        self.fired = Some(id);
        self
    }

    /// The number of items in its transaction.
    pub(crate) fn items(&self) -> usize {
        let conditions = self.unchanged.len() + self.reservations.len() + usize::from(self.fired.is_some());
        self.commits.len() + self.timers.len() + conditions
    }

    /// About how many bytes it has. For a reservation, its own key and that of its owner count.
    pub(crate) fn bytes(&self) -> usize {
        let commits: usize = self.commits.iter().map(|commit| limits::size(&commit.record)).sum();
        let reservations = self.reservations.iter().map(|change| {
            let owner = change.to.as_ref().map_or(0, |owner| owner.pk().len() + owner.sk().len());
            change.value.key().len() + owner + RESERVATION_BYTES
        });
        let timers = self.timers.iter().map(|timer| limits::size(&timer.record()));
        commits + reservations.sum::<usize>() + timers.sum::<usize>()
    }

    /// Checks that it fits into one transaction.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for more items than [`MAX_TRANSACTION_ITEMS`](limits::MAX_TRANSACTION_ITEMS), and for
    /// more bytes than [`MAX_TRANSACTION_BYTES`](limits::MAX_TRANSACTION_BYTES); [`StoreError::TooLarge`] for a timer
    /// that does not fit into an item.
    pub fn check(&self) -> Result<(), StoreError> {
        self.timers.iter().try_for_each(check_timer)?;
        limits::check_together(self.items(), self.bytes())
    }
}

/// A timer must fit into a dead letter together with the letter's own data, because the letter is then its only copy. A
/// timer that has failed already includes the reason, in the room that was left for it.
fn check_timer(timer: &Timer) -> Result<(), StoreError> {
    let mut letter = timer.record();
    if timer.failed.is_some() {
        return limits::check(&letter);
    }
    let record = std::mem::take(&mut letter);
    letter.insert("record".to_owned(), record.into());
    limits::check(&letter)?;
    let bytes = limits::size(&letter) + LETTER_BYTES;
    if bytes > limits::MAX_ITEM_BYTES {
        return Err(StoreError::TooLarge { bytes, limit: limits::MAX_ITEM_BYTES });
    }
    Ok(())
}

/// The result of appending commits together.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "others may hold the versions"]
pub enum AppendAll {
    /// All of them hold their versions now.
    Written,
    /// At least one of the versions is taken. Nothing was written.
    Taken(Vec<Taken>),
    /// All versions are free, but at least one value belongs to another stream. Nothing was written.
    Reserved(Vec<Reservation>),
    /// Nothing else prevents the write, but the timer to be fired is not there. Nothing was written.
    Gone,
}

/// A version that another commit holds: one meant for a commit, or the version after that of a stream that had to be
/// unchanged.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Taken {
    /// Its stream.
    pub stream: StreamKey,
    /// The commit that holds it; `None` if the store does not say.
    pub winner: Option<Box<Commit>>,
}

impl Taken {
    /// The version of a stream is taken.
    #[must_use]
    pub fn new(stream: StreamKey, winner: Option<Commit>) -> Self {
        Self { stream, winner: winner.map(Box::new) }
    }
}
