//! The streams that take part in a transaction, each with its own aggregate and command.

mod commanded;
mod read;

pub(super) use commanded::Commanded;
pub(super) use read::Read;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

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

    /// What the stream must be at.
    fn expected(&self) -> Option<Version>;

    /// The command's name, and what tells it from another one; none for a stream that is only read.
    fn command(&self) -> Option<(&'static str, Option<&CommandDigest>)>;

    /// Gives it the id of the transaction, the digest of its streams, and the trace it belongs to.
    fn identify(&mut self, id: &str, transaction: Option<&str>, trace: Option<&str>);

    /// Waits for the stream's place in memory.
    fn lock<'m>(&'m mut self, place: Arc<Mutex<Slot>>) -> Pin<Box<dyn Future<Output = ()> + Send + 'm>>;

    /// Reads the state, where it is not remembered; true where it was read.
    fn load(&mut self) -> Boxed<'_, bool>;

    /// Brings the state to the end of the stream.
    fn catch_up(&mut self) -> Boxed<'_, ()>;

    fn version(&self) -> Version;

    /// The commit under this id, where there is one.
    fn find<'m>(&'m mut self, id: &'m str) -> Boxed<'m, Option<Commit>>;

    /// Whether a commit under the id of the transaction is the outcome of this command, as far as can be told.
    fn is_same<'m>(&'m self, commit: &'m Commit) -> Boxed<'m, bool>;

    /// The state for the decisions of others; none where they may not see it.
    fn lend(&mut self) -> Option<Arc<dyn Any + Send + Sync>>;

    /// The decisions are over; none where one of them has kept the state.
    fn take_home(&mut self, lent: Option<Arc<dyn Any + Send + Sync>>);

    /// Decides; false where fresh state could change the decision.
    fn decide(&mut self, others: &OtherStates, fresh: bool) -> Result<bool, TransactionError>;

    /// What was decided, to be appended; none where it is nothing.
    fn new_commit(&mut self) -> Option<NewCommit<'_>>;

    /// The same, and it can be taken again.
    fn copy_commit(&self) -> Option<NewCommit<'_>>;

    /// What was decided about the values of `unique` fields, once.
    fn take_reservations(&mut self) -> Result<Vec<ReservationChange>, KeyError>;

    /// Sees to the values of `unique` fields where its first commit is about to be written.
    fn note_first_stream(&self) -> Boxed<'_, ()>;

    /// The first of its fields of which not all values are reserved.
    fn unreserved_field(&self) -> Boxed<'_, Option<&'static str>>;

    /// What stands in the way of its commit, as an error.
    fn refuse(&self, refusal: Refusal) -> TransactionError;

    /// The commit that was decided on.
    fn decided(&self) -> Option<&Commit>;

    /// Makes what is to be appended anew, without the state that it carries; false where it carries none.
    fn leave_state(&mut self) -> Result<bool, StoreError>;

    /// The commit is stored, or there is none.
    fn settle(&mut self);

    /// The commit was stored before.
    fn settle_earlier(&mut self, commit: Option<Commit>) -> Result<(), StoreError>;

    /// Takes back what was decided and not stored.
    fn take_back(&mut self) -> Boxed<'_, ()>;

    /// Folds the commit that this one has lost against, where it is the next one.
    fn fold(&mut self, winner: Commit) -> Result<(), StoreError>;

    /// Gives the state back to the memory, if it is any good, and writes a snapshot where one is due.
    fn put_back(&mut self, is_good: bool) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// The [`Committed`] with its version, once.
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

    /// Before it is loaded, and after an error that left it of no use, there is none.
    fn get(&mut self, stream: &StreamKey) -> Result<&mut State<A>, StoreError> {
        self.state.as_mut().ok_or_else(|| not_loaded(stream))
    }

    /// Folds what was appended behind the state.
    async fn catch_up(&mut self, runtime: &Runtime, stream: &StreamKey) -> Result<(), StoreError> {
        runtime.catch_up(self.get(stream)?, stream).await
    }

    /// Folds a commit, where it is the next one.
    fn fold(&mut self, stream: &StreamKey, commit: Commit) -> Result<(), StoreError> {
        let state = self.get(stream)?;
        if commit.version == state.version.next() { state.fold(commit) } else { Ok(()) }
    }

    fn version(&self) -> Version {
        self.state.as_ref().map_or(Version::NONE, |state| state.version)
    }
}

#[cold]
fn not_loaded(stream: &StreamKey) -> StoreError {
    StoreError::Unavailable { source: format!("the state of stream {stream} is not loaded").into() }
}
