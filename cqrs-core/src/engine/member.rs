//! The streams that take part in a transaction, each with its own aggregate and command.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::append::Refusal;
use super::command_ids::Sighting;
use super::decision::{Decided, Decision};
use super::execution::Execution;
use super::intent::Intent;
use super::load::Until;
use super::state::State;
use super::{Caller, Committed, Outcome};
use crate::aggregate::Aggregate;
use crate::command::{Command, Decide, OtherStates, TransactionError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::key::{KeyError, StreamKey};
use crate::metadata::Metadata;
use crate::runtime::{Probe, Runtime, Slot};
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

    fn version(&self) -> Version {
        self.state.as_ref().map_or(Version::NONE, |state| state.version)
    }
}

#[cold]
fn not_loaded(stream: &StreamKey) -> StoreError {
    StoreError::Unavailable { source: format!("the state of stream {stream} is not loaded").into() }
}

/// A command on a stream.
pub(super) struct Commanded<'a, A: Aggregate, C> {
    execution: Execution<'a>,
    command: Arc<C>,
    place: Place<A>,
    decided: Option<Box<Decided<A>>>,
    done: Option<Committed<A>>,
    /// That of the answer, when it has been given.
    outcome: Option<Outcome>,
    /// Where the test kit has noted the command.
    noted: Option<(&'a Probe, usize)>,
}

impl<'a, A: Decide<C>, C: Command> Commanded<'a, A, C> {
    pub(super) fn new(caller: Caller<'a>, intent: Intent, command: C) -> Self {
        let command = Arc::new(command);
        let probe = caller.runtime.probe.as_deref().zip(caller.cause);
        let noted = probe.map(|(probe, cause)| (probe, probe.note_command(cause, &command, &intent.stream)));
        let execution = Execution::in_transaction::<A, C>(caller.runtime, intent, &command);
        Self {
            execution,
            command,
            place: Place { slot: None, state: None },
            decided: None,
            done: None,
            outcome: None,
            noted,
        }
    }

    fn error(&self, source: StoreError) -> TransactionError {
        TransactionError::of::<A, C>(&self.execution.intent.stream, self.execution.store_error(source))
    }
}

impl<A: Decide<C>, C: Command> Member for Commanded<'_, A, C> {
    fn stream(&self) -> &StreamKey {
        &self.execution.intent.stream
    }

    fn expected(&self) -> Option<Version> {
        self.execution.intent.expected
    }

    fn command(&self) -> Option<(&'static str, Option<&CommandDigest>)> {
        Some((A::command_name(), self.execution.digest.as_ref()))
    }

    fn identify(&mut self, id: &str, transaction: Option<&str>, trace: Option<&str>) {
        let Intent { metadata, traced, .. } = &mut self.execution.intent;
        id.clone_into(&mut metadata.command_id);
        metadata.transaction = transaction.map(str::to_owned);
        if let (false, Some(trace)) = (*traced, trace) {
            metadata.trace_context = Some(trace.to_owned());
        }
    }

    fn lock<'m>(&'m mut self, place: Arc<Mutex<Slot>>) -> Pin<Box<dyn Future<Output = ()> + Send + 'm>> {
        Box::pin(self.place.lock(place))
    }

    fn load(&mut self) -> Boxed<'_, bool> {
        Box::pin(async {
            if self.place.state.is_some() {
                return Ok(false);
            }
            let loaded = self.execution.runtime.load_now::<A>(&self.execution.intent.stream).await;
            let mut state = loaded.map_err(|error| self.error(error))?;
            state.overdue = self.execution.is_overdue(&state);
            self.place.state = Some(state);
            Ok(true)
        })
    }

    fn catch_up(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            let Self { execution, place, .. } = self;
            let stream = &execution.intent.stream;
            let caught_up = match place.get(stream) {
                Ok(state) => execution.runtime.catch_up(state, stream).await,
                Err(error) => Err(error),
            };
            caught_up.map_err(|error| self.error(error))
        })
    }

    fn version(&self) -> Version {
        self.place.version()
    }

    fn find<'m>(&'m mut self, id: &'m str) -> Boxed<'m, Option<Commit>> {
        Box::pin(async move {
            let state = self.place.state.as_mut();
            let seen = state.map_or(Sighting::Perhaps(Vec::new()), |state| state.command_ids.find(id));
            let found = self.execution.under::<A::Rejection>(id, seen).await;
            found.map_err(|error| TransactionError::of::<A, C>(&self.execution.intent.stream, error))
        })
    }

    fn is_same<'m>(&'m self, commit: &'m Commit) -> Boxed<'m, bool> {
        Box::pin(async move {
            let same = self.execution.is_same::<A, C>(commit, &self.command).await;
            same.map_err(|error| TransactionError::of::<A, C>(&self.execution.intent.stream, error))
        })
    }

    fn lend(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }

    fn take_home(&mut self, _: Option<Arc<dyn Any + Send + Sync>>) {}

    fn decide(&mut self, others: &OtherStates, fresh: bool) -> Result<bool, TransactionError> {
        let Self { execution, command, place, .. } = self;
        let Some(state) = place.state.as_mut() else {
            return Err(self.error(not_loaded(self.stream())));
        };
        match execution.decide::<A, C>(state, command, others, fresh) {
            Ok(Decision::Decided(decided)) => {
                self.decided = Some(decided);
                Ok(true)
            }
            Ok(Decision::Unchanged) => Ok(true),
            Ok(Decision::Stale) => Ok(false),
            Err(error) => Err(TransactionError::of::<A, C>(self.stream(), error)),
        }
    }

    fn new_commit(&mut self) -> Option<NewCommit<'_>> {
        self.decided.as_mut().map(|decided| decided.new_commit())
    }

    fn copy_commit(&self) -> Option<NewCommit<'_>> {
        self.decided.as_ref().map(|decided| decided.copy_commit())
    }

    fn take_reservations(&mut self) -> Result<Vec<ReservationChange>, KeyError> {
        let Some(decided) = &mut self.decided else { return Ok(Vec::new()) };
        std::mem::replace(&mut decided.reservations, Ok(Vec::new()))
    }

    fn note_first_stream(&self) -> Boxed<'_, ()> {
        Box::pin(async {
            if self.decided().is_none_or(|commit| commit.version != Version::NONE.next()) {
                return Ok(());
            }
            self.execution.runtime.note_first_stream::<A>().await.map_err(|error| self.error(error))
        })
    }

    fn unreserved_field(&self) -> Boxed<'_, Option<&'static str>> {
        Box::pin(async {
            let field = self.execution.runtime.unreserved_field::<A>().await;
            field.map_err(|error| self.error(error))
        })
    }

    fn refuse(&self, refusal: Refusal) -> TransactionError {
        TransactionError::of::<A, C>(self.stream(), refusal.into_error::<A, _>())
    }

    fn decided(&self) -> Option<&Commit> {
        self.decided.as_ref().map(|decided| &decided.commit)
    }

    fn leave_state(&mut self) -> Result<bool, StoreError> {
        let Some(decided) = &mut self.decided else { return Ok(false) };
        decided.leave_state(self.place.get(&self.execution.intent.stream)?)
    }

    fn settle(&mut self) {
        let Some(state) = &mut self.place.state else { return };
        self.done = Some(match self.decided.take() {
            Some(decided) => self.execution.settle(state, *decided),
            None => self.execution.unchanged(state),
        });
    }

    fn settle_earlier(&mut self, commit: Option<Commit>) -> Result<(), StoreError> {
        let done = match commit {
            Some(commit) => self.execution.outcome_of(commit, Outcome::Duplicate)?,
            None => self.execution.unchanged(self.place.get(&self.execution.intent.stream)?),
        };
        self.done = Some(done);
        Ok(())
    }

    fn take_back(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            let Some(decided) = self.decided.take() else { return Ok(()) };
            let Self { execution, place, .. } = self;
            let taken_back = match place.get(&execution.intent.stream) {
                Ok(state) => execution.take_back(state, *decided).await,
                Err(error) => Err(error),
            };
            taken_back.map_err(|error| self.error(error))
        })
    }

    fn fold(&mut self, winner: Commit) -> Result<(), StoreError> {
        let state = self.place.get(&self.execution.intent.stream)?;
        if winner.version == state.version.next() { state.fold(winner) } else { Ok(()) }
    }

    fn put_back(&mut self, is_good: bool) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        if let Some((probe, place)) = self.noted.take() {
            let committed = self.outcome.is_some_and(|outcome| outcome != Outcome::Unchanged);
            probe.note_answer(place, &self.execution.intent.metadata, committed);
        }
        let committed = self.outcome == Some(Outcome::Committed);
        let snapshot = match (&mut self.place.state, self.execution.runtime.snapshots_of::<A>()) {
            (Some(state), Some((snapshots, shelf))) if committed => {
                let due = shelf.take_due(&snapshots, &self.execution.intent.stream, state);
                due.map(|snapshot| (shelf, snapshot))
            }
            _ => None,
        };
        self.place.put_back(is_good);
        Box::pin(async move {
            if let Some((shelf, snapshot)) = snapshot {
                shelf.write::<A>(&snapshot).await;
            }
        })
    }

    fn answer(&mut self) -> Option<(Version, Box<dyn Any + Send + Sync>)> {
        let done = self.done.take()?;
        self.outcome = Some(done.outcome);
        Some((done.version, Box::new(done)))
    }
}

/// A stream that is only read.
pub(super) struct Read<'a, A> {
    runtime: &'a Runtime,
    stream: StreamKey,
    metadata: Metadata,
    expected: Option<Version>,
    place: Place<A>,
    /// A decision has kept the aggregate, and only the version is left.
    is_kept: bool,
}

impl<'a, A: Aggregate> Read<'a, A> {
    pub(super) fn new(caller: Caller<'a>, intent: Intent) -> Self {
        let Intent { stream, metadata, expected, .. } = intent;
        Self {
            runtime: caller.runtime,
            stream,
            metadata,
            expected,
            place: Place { slot: None, state: None },
            is_kept: false,
        }
    }

    fn error(&self, source: StoreError) -> TransactionError {
        if matches!(source, StoreError::Denied { .. }) {
            self.runtime.forget();
        }
        TransactionError::store(&self.metadata.command_id, source)
    }
}

impl<A: Aggregate> Member for Read<'_, A> {
    fn stream(&self) -> &StreamKey {
        &self.stream
    }

    fn expected(&self) -> Option<Version> {
        self.expected
    }

    fn command(&self) -> Option<(&'static str, Option<&CommandDigest>)> {
        None
    }

    fn identify(&mut self, id: &str, _: Option<&str>, _: Option<&str>) {
        id.clone_into(&mut self.metadata.command_id);
    }

    fn lock<'m>(&'m mut self, place: Arc<Mutex<Slot>>) -> Pin<Box<dyn Future<Output = ()> + Send + 'm>> {
        Box::pin(self.place.lock(place))
    }

    fn load(&mut self) -> Boxed<'_, bool> {
        Box::pin(async {
            if self.place.state.is_some() {
                return Ok(false);
            }
            let loaded = self.runtime.load_now::<A>(&self.stream).await;
            self.place.state = Some(loaded.map_err(|error| self.error(error))?);
            Ok(true)
        })
    }

    fn catch_up(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            self.take_back().await?;
            let Self { runtime, stream, place, .. } = self;
            let caught_up = match place.get(stream) {
                Ok(state) => runtime.catch_up(state, stream).await,
                Err(error) => Err(error),
            };
            caught_up.map_err(|error| self.error(error))
        })
    }

    fn version(&self) -> Version {
        self.place.version()
    }

    fn find<'m>(&'m mut self, _: &'m str) -> Boxed<'m, Option<Commit>> {
        Box::pin(async { Ok(None) })
    }

    fn is_same<'m>(&'m self, _: &'m Commit) -> Boxed<'m, bool> {
        Box::pin(async { Ok(true) })
    }

    fn lend(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        let state = self.place.state.as_mut()?;
        Some(Arc::new(std::mem::replace(&mut state.aggregate, A::initial())))
    }

    fn take_home(&mut self, lent: Option<Arc<dyn Any + Send + Sync>>) {
        let aggregate = lent.and_then(|lent| lent.downcast().ok()).and_then(Arc::into_inner);
        match (aggregate, &mut self.place.state) {
            (Some(aggregate), Some(state)) => state.aggregate = aggregate,
            _ => self.is_kept = true,
        }
    }

    fn decide(&mut self, _: &OtherStates, fresh: bool) -> Result<bool, TransactionError> {
        let actual = self.version();
        match self.expected {
            Some(expected) if expected > actual && !fresh => Ok(false),
            Some(expected) if expected != actual => {
                Err(TransactionError::Conflict { stream: self.stream.clone(), expected, actual })
            }
            _ => Ok(true),
        }
    }

    fn new_commit(&mut self) -> Option<NewCommit<'_>> {
        None
    }

    fn copy_commit(&self) -> Option<NewCommit<'_>> {
        None
    }

    fn take_reservations(&mut self) -> Result<Vec<ReservationChange>, KeyError> {
        Ok(Vec::new())
    }

    fn note_first_stream(&self) -> Boxed<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn unreserved_field(&self) -> Boxed<'_, Option<&'static str>> {
        Box::pin(async { Ok(None) })
    }

    fn refuse(&self, _: Refusal) -> TransactionError {
        self.error(not_loaded(&self.stream))
    }

    fn decided(&self) -> Option<&Commit> {
        None
    }

    fn leave_state(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn settle(&mut self) {}

    fn settle_earlier(&mut self, _: Option<Commit>) -> Result<(), StoreError> {
        Ok(())
    }

    fn take_back(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            if self.is_kept {
                let until = Until::Version(self.version());
                let loaded = self.runtime.load_until::<A>(&self.stream, until).await;
                self.place.state = Some(loaded.map_err(|error| self.error(error))?);
                self.is_kept = false;
            }
            Ok(())
        })
    }

    fn fold(&mut self, winner: Commit) -> Result<(), StoreError> {
        let state = self.place.get(&self.stream)?;
        if winner.version == state.version.next() { state.fold(winner) } else { Ok(()) }
    }

    fn put_back(&mut self, is_good: bool) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.place.put_back(is_good && !self.is_kept);
        Box::pin(async {})
    }

    fn answer(&mut self) -> Option<(Version, Box<dyn Any + Send + Sync>)> {
        None
    }
}
