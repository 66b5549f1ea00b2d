//! The streams that take part in a transaction, each with its own aggregate and command.

mod commanded;
mod read;

pub(super) use commanded::Commanded;
pub(super) use read::Read;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::append::Refusal;
use super::state::State;
use crate::aggregate::Aggregate;
use crate::command::{OtherStates, TransactionError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::key::{KeyError, StreamKey};
use crate::runtime::{Runtime, Slot};
use crate::store::{NewCommit, ReservationChange, StoreError};
use crate::version::Version;

type Boxed<'m, T> = Pin<Box<dyn Future<Output = Result<T, TransactionError>> + Send + 'm>>;

/// A stream of a transaction. Its state is taken out of memory until [`Member::put_back`], so that a transaction which is dropped
/// half-way leaves nothing half-applied behind.
pub(super) trait Member: Send + Sync {
    fn stream(&self) -> &StreamKey;

    /// The version that the stream must be at, if one was given.
    fn expected(&self) -> Option<Version>;

    /// The command's name, and the digest that distinguishes it from others; `None` for a stream that is only read.
    fn command(&self) -> Option<(&'static str, Option<&CommandDigest>)>;

    /// Gives it the id of the transaction, the digest of the whole transaction, and the trace it belongs to.
    fn identify(&mut self, id: &str, transaction: Option<&str>, trace: Option<&str>);

    /// Waits for the stream's place in memory.
    fn lock<'m>(&'m mut self, place: Arc<Mutex<Slot>>) -> Pin<Box<dyn Future<Output = ()> + Send + 'm>>;

    /// Reads the state if it is not remembered; `true` if it was read.
    fn load(&mut self) -> Boxed<'_, bool>;

    /// Brings the state to the end of the stream.
    fn catch_up(&mut self) -> Boxed<'_, ()>;

    fn version(&self) -> Version;

    /// The commit with this id, if there is one.
    fn find<'m>(&'m mut self, id: &'m str) -> Boxed<'m, Option<Commit>>;

    /// Whether a commit under the id of the transaction is the outcome of this command, as far as is known.
    fn is_same<'m>(&'m self, commit: &'m Commit) -> Boxed<'m, bool>;

    /// The state for the decisions of others; `None` if they may not see it.
    fn lend(&mut self) -> Option<Arc<dyn Any + Send + Sync>>;

    /// Takes the state back after the decisions; `None` if one of them has kept it.
    fn take_home(&mut self, lent: Option<Arc<dyn Any + Send + Sync>>);

    /// Decides; `false` if fresh state could change the decision.
    fn decide(&mut self, others: &OtherStates, fresh: bool) -> Result<bool, TransactionError>;

    /// The decided commit, to be appended; `None` if there is none.
    fn new_commit(&mut self) -> Option<NewCommit<'_>>;

    /// A copy of the decided commit, which can be taken again.
    fn copy_commit(&self) -> Option<NewCommit<'_>>;

    /// The decided changes to the values of `unique` fields. They can be taken once.
    fn take_reservations(&mut self) -> Result<Vec<ReservationChange>, KeyError>;

    /// Handles the values of `unique` fields if the stream's first commit is about to be written.
    fn note_first_stream(&self) -> Boxed<'_, ()>;

    /// The first of its `unique` fields whose values are not all reserved.
    fn unreserved_field(&self) -> Boxed<'_, Option<&'static str>>;

    /// The refusal of its commit, as an error.
    fn refuse(&self, refusal: Refusal) -> TransactionError;

    /// The commit that was decided on.
    fn decided(&self) -> Option<&Commit>;

    /// Makes the commit to append again, without the state that it carries; `false` if it carries none.
    fn leave_state(&mut self) -> Result<bool, StoreError>;

    /// Notes that the commit is stored, by an append that began at `started`, or that there is none.
    fn settle(&mut self, started: Option<Instant>);

    /// How long to wait before the transaction, so that another process gets its turn.
    fn room(&self) -> Option<Duration>;

    /// Notes that the commit was stored before.
    fn settle_earlier(&mut self, commit: Option<Commit>) -> Result<(), StoreError>;

    /// Takes back what was decided but not stored.
    fn take_back(&mut self) -> Boxed<'_, ()>;

    /// Folds the commit that this one has lost against, if it is the next one.
    fn fold(&mut self, winner: Commit) -> Result<(), StoreError>;

    /// Returns the state to memory if it is usable, and writes a snapshot if one is due.
    fn put_back(&mut self, is_good: bool) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// The [`Committed`] with its version. It can be taken once.
    fn answer(&mut self) -> Option<(Version, Box<dyn Any + Send + Sync>)>;
}

/// A stream's place in memory, and the state that was taken out of it.
struct Place<A> {
    slot: Option<OwnedMutexGuard<Slot>>,
    state: Option<State<A>>,
}

impl<A: Aggregate> Place<A> {
    const fn empty() -> Self {
        Self { slot: None, state: None }
    }

    async fn lock(&mut self, place: Arc<Mutex<Slot>>) {
        let mut slot = place.lock_owned().await;
        self.state = slot.take().and_then(|state| state.downcast().ok()).map(|state| *state);
        self.slot = Some(slot);
    }

    fn put_back(&mut self, is_good: bool) {
        let state = self.state.take().filter(|_| is_good);
        if let (Some(mut slot), Some(state)) = (self.slot.take(), state) {
            *slot = Some(Box::new(state));
        }
    }

    /// There is no state before it is loaded, and after an error that made it unusable.
    fn get(&mut self, stream: &StreamKey) -> Result<&mut State<A>, StoreError> {
        self.state.as_mut().ok_or_else(|| not_loaded(stream))
    }

    /// Folds what was appended after the state's version.
    async fn catch_up(&mut self, runtime: &Runtime, stream: &StreamKey) -> Result<(), StoreError> {
        runtime.catch_up(self.get(stream)?, stream).await
    }

    /// Folds a commit if it is the next one.
    fn fold(&mut self, stream: &StreamKey, commit: Commit) -> Result<(), StoreError> {
        let state = self.get(stream)?;
        state.rival.met();
        if commit.version == state.version.next() { state.fold(commit) } else { Ok(()) }
    }

    fn room(&self) -> Option<Duration> {
        self.state.as_ref().and_then(|state| state.rival.room())
    }

    fn version(&self) -> Version {
        self.state.as_ref().map_or(Version::NONE, |state| state.version)
    }
}

#[cold]
fn not_loaded(stream: &StreamKey) -> StoreError {
    StoreError::Unavailable { source: format!("the state of stream {stream} is not loaded").into() }
}
