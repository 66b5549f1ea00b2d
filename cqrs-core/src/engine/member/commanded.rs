use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Boxed, Member, Place, not_loaded};
use crate::aggregate::Aggregate;
use crate::command::{Command, Decide, OtherStates, TransactionError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::engine::append::Refusal;
use crate::engine::command_ids::Sighting;
use crate::engine::decision::{Decided, Decision};
use crate::engine::execution::Execution;
use crate::engine::intent::Intent;
use crate::engine::{Caller, Committed, Outcome};
use crate::key::{KeyError, StreamKey};
use crate::runtime::{Probe, Slot};
use crate::store::{NewCommit, ReservationChange, StoreError};
use crate::version::Version;

/// A command on a stream.
pub(in crate::engine) struct Commanded<'a, A: Aggregate, C> {
    execution: Execution<'a>,
    command: Arc<C>,
    place: Place<A>,
    decided: Option<Box<Decided<A>>>,
    done: Option<Committed<A>>,
    /// The outcome in the answer, once it has been given.
    outcome: Option<Outcome>,
    /// Where the test kit has noted the command.
    noted: Option<(&'a Probe, usize)>,
}

impl<'a, A: Decide<C>, C: Command> Commanded<'a, A, C> {
    pub(in crate::engine) fn new(caller: Caller<'a>, intent: Intent, command: C) -> Self {
        let command = Arc::new(command);
        let probe = caller.runtime.probe.as_deref().zip(caller.cause);
        let noted = probe.map(|(probe, cause)| (probe, probe.note_command(cause, &command, &intent.stream)));
        let execution = Execution::in_transaction::<A, C>(caller.runtime, intent, &command);
        Self { execution, command, place: Place::empty(), decided: None, done: None, outcome: None, noted }
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
            let caught_up = place.catch_up(execution.runtime, &execution.intent.stream).await;
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

    fn room(&self) -> Option<Duration> {
        self.place.room()
    }

    fn settle(&mut self, started: Option<Instant>) {
        let Some(state) = &mut self.place.state else { return };
        self.done = Some(match self.decided.take() {
            Some(decided) => {
                state.rival.beaten(started);
                self.execution.settle(state, *decided)
            }
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
        self.place.fold(&self.execution.intent.stream, winner)
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
