use std::any::type_name;
use std::sync::Arc;

use tracing::{Instrument, Span, field};

use super::append::Appended;
use super::decision::Decision;
use super::intent::{Derived, Identity, Intent};
use super::state::{State, decode};
use super::{Caller, Committed, Outcome};
use crate::aggregate::Aggregate;
use crate::command::{Command, Decide, ExecuteError, OtherStates};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::runtime::{Naming, Runtime};
use crate::store::StoreError;
use crate::trace;

/// How often in a row a command is decided on the commit that it lost against, before it pauses.
pub(super) const TRIES_IN_A_ROW: u32 = 4;

/// Executes one command: decides on the state that is remembered or read, appends, and begins again after the commit
/// that has won.
pub(super) struct Execution<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) intent: Intent,
    pub(super) derived: Option<Derived<'a>>,
    pub(super) digest: Option<CommandDigest>,
}

/// How one decision ended.
enum Step<A: Aggregate> {
    Done(Box<Committed<A>>),
    /// The state may be old, and fresh state could change the decision.
    Stale,
    /// The version was taken by this commit.
    Lost(Box<Commit>),
}

impl<'a> Execution<'a> {
    pub(super) fn new<A, C>(caller: Caller<'a>, mut intent: Intent, command: &C) -> Self
    where
        A: Decide<C>,
        C: Command,
    {
        let Caller { runtime, cause } = caller;
        if intent.identity == Identity::New {
            return Self { runtime, intent, derived: None, digest: None };
        }
        let digest = A::digest(command);
        intent.metadata.command_digest = digest.as_ref().map(ToString::to_string);
        let derived = match (&intent.identity, cause.map(Arc::as_ref)) {
            (Identity::Derived { name }, Some(cause)) => {
                let naming = match name {
                    Some(name) => Naming::Name(name.clone()),
                    None => Naming::Content { command: A::command_name(), digest: digest.clone() },
                };
                intent.metadata.command_id = cause.command_id(&intent.stream, &naming, 1);
                Some(Derived { cause, naming, count: cause.count(&intent.stream) })
            }
            _ => None,
        };
        Self { runtime, intent, derived, digest }
    }

    /// A command of a transaction; the transaction handles the id.
    pub(super) fn in_transaction<A, C>(runtime: &'a Runtime, mut intent: Intent, command: &C) -> Self
    where
        A: Decide<C>,
        C: Command,
    {
        let digest = if intent.identity == Identity::New { None } else { A::digest(command) };
        intent.metadata.command_digest = digest.as_ref().map(ToString::to_string);
        Self { runtime, intent, derived: None, digest }
    }

    pub(super) fn stream(&self) -> &StreamKey {
        &self.intent.stream
    }

    /// With the id that the command really has.
    pub(super) fn metadata(&self) -> &Metadata {
        &self.intent.metadata
    }

    pub(super) async fn execute<A, C>(
        &mut self,
        command: &C,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        let span = self.span::<A, C>();
        async {
            if !self.intent.traced
                && let Some(current) = trace::current()
            {
                self.intent.metadata.trace_context = Some(current);
            }
            self.run(command).await
        }
        .instrument(span)
        .await
    }

    fn span<A: Aggregate, C>(&self) -> Span {
        let Metadata { command_id, correlation_id, causation_id, trace_context, .. } = &self.intent.metadata;
        let span = tracing::info_span!(
            "execute",
            pk = self.intent.stream.pk(),
            sk = self.intent.stream.sk(),
            aggregate = A::NAME,
            command = type_name::<C>(),
            command_id,
            correlation_id,
            causation_id,
            trace_context,
            version = field::Empty,
            attempts = field::Empty,
            otel.kind = trace::PRODUCER,
        );
        // The cause's trace continues by itself if the handler's span encloses this one.
        if let Some(given) = trace_context
            && (self.intent.traced || trace::current().is_none())
        {
            trace::join(&span, given);
        }
        span
    }

    async fn run<A, C>(&mut self, command: &C) -> Result<Committed<A>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        // Commands on one key run one after another within a process. An evicted slot that is still in use does no
        // harm: two commands on one key may then meet at the store.
        let slot = self.runtime.states.get_or_default(&self.intent.stream);
        let mut slot = slot.lock().await;
        let mut fresh = false;
        // The state goes back only after the command has ended, so that a cancelled or panicking command leaves nothing
        // half-applied behind.
        let mut state = match slot.take().and_then(|state| state.downcast::<State<A>>().ok()) {
            Some(state) => *state,
            None => {
                let loaded = self.runtime.load_now(&self.intent.stream).await;
                fresh = true;
                let mut state = loaded.map_err(|error| self.store_error(error))?;
                state.overdue = self.is_overdue(&state);
                state
            }
        };
        if let Some(room) = state.rival.room() {
            tokio::time::sleep(room.min(self.runtime.settings.conflict.cap)).await;
        }
        let mut lost = 0;
        let result = loop {
            match self.step(&mut state, command, fresh).await {
                Ok(Step::Done(done)) => break Ok(*done),
                Ok(Step::Stale) => {
                    self.catch_up(&mut state).await?;
                    fresh = true;
                }
                Ok(Step::Lost(winner)) => {
                    lost += 1;
                    state.rival.met();
                    let (wanted, actual) = (state.version, winner.version);
                    if actual == wanted.next() {
                        state.fold(*winner).map_err(|error| self.store_error(error))?;
                    }
                    if self.intent.expected.is_some() || lost >= self.runtime.settings.conflict.attempts {
                        break Err(ExecuteError::Conflict { expected: wanted, actual });
                    }
                    fresh = false;
                    // The winner's commit is known, and continuing at once keeps pace with a busy rival; with a
                    // pause after each loss, the rival would always win. Several losses in a row mean a crowd:
                    // pause, then read where the stream is.
                    if lost.is_multiple_of(TRIES_IN_A_ROW) {
                        self.runtime.settings.conflict.pause(lost / TRIES_IN_A_ROW).await;
                        self.catch_up(&mut state).await?;
                        fresh = true;
                    }
                }
                Err(
                    error @ (ExecuteError::Rejected(_)
                    | ExecuteError::Conflict { .. }
                    | ExecuteError::TooLarge { .. }
                    | ExecuteError::ViewKey(_)
                    | ExecuteError::NotUnique { .. }
                    | ExecuteError::Unreserved { .. }
                    | ExecuteError::CommandIdTaken { .. }),
                ) => {
                    break Err(error);
                }
                // The outcome is unknown: the state is dropped, and read again by the next command.
                Err(error) => return Err(error),
            }
        };
        let span = Span::current();
        span.record("version", state.version.get());
        span.record("attempts", lost + 1);
        let snapshot = match (&result, self.runtime.snapshots_of::<A>()) {
            (Ok(done), Some((snapshots, shelf))) if done.outcome == Outcome::Committed => {
                shelf.take_due(&snapshots, &self.intent.stream, &mut state).map(|snapshot| (shelf, snapshot))
            }
            _ => None,
        };
        *slot = Some(Box::new(state));
        // The next command on this key need not wait for it; this one does, because a function that has answered may
        // be frozen.
        drop(slot);
        if let Some((shelf, snapshot)) = snapshot {
            shelf.write::<A>(&snapshot).await;
        }
        result
    }

    async fn step<A, C>(
        &mut self,
        state: &mut State<A>,
        command: &C,
        fresh: bool,
    ) -> Result<Step<A>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        if self.intent.identity != Identity::New
            && let Some(first) = self.first_outcome(state, command).await?
        {
            return Ok(Step::Done(Box::new(first)));
        }
        let mut decided = match self.decide(state, command, &OtherStates::default(), fresh)? {
            Decision::Decided(decided) => decided,
            Decision::Unchanged if fresh => return Ok(Step::Done(Box::new(self.unchanged(state)))),
            Decision::Unchanged | Decision::Stale => return Ok(Step::Stale),
        };
        let started = state.rival.start();
        match self.append_decided(state, &mut decided).await {
            Ok(Appended::Written) => {
                state.rival.beaten(started);
                Ok(Step::Done(Box::new(self.settle(state, *decided))))
            }
            // The very same commit holds the version: our own write, whose answer got lost.
            Ok(Appended::Taken(winner)) if winner.metadata == decided.commit.metadata => {
                Ok(Step::Done(Box::new(self.settle(state, *decided))))
            }
            Ok(Appended::Taken(winner)) => {
                self.take_back(state, *decided).await.map_err(|error| self.store_error(error))?;
                self.lost(state, command, winner).await
            }
            // Somebody else has fired it, or it was cancelled.
            Ok(Appended::Gone) => {
                self.take_back(state, *decided).await.map_err(|error| self.store_error(error))?;
                Ok(Step::Done(Box::new(self.unchanged(state))))
            }
            Ok(Appended::Refused(refusal)) => {
                self.take_back(state, *decided).await.map_err(|error| self.store_error(error))?;
                if fresh { Err(refusal.into_error::<A, _>()) } else { Ok(Step::Stale) }
            }
            // Nothing is stored. A fresh state may lead to a smaller commit, or to other content.
            Err(error) if error.is_of_data() && !fresh => {
                self.take_back(state, *decided).await.map_err(|error| self.store_error(error))?;
                Ok(Step::Stale)
            }
            Err(error) => {
                // The store has its own limits: the remembered state stays in use.
                if matches!(error, StoreError::TooLarge { .. }) {
                    self.take_back(state, *decided).await.map_err(|error| self.store_error(error))?;
                }
                Err(self.store_error(error))
            }
        }
    }

    /// Another commit holds the version: that of another command, or, under the same id, of the same command in another
    /// process.
    async fn lost<A, C>(
        &self,
        state: &mut State<A>,
        command: &C,
        winner: Box<Commit>,
    ) -> Result<Step<A>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        if winner.metadata.command_id != self.intent.metadata.command_id {
            return Ok(Step::Lost(winner));
        }
        if !self.is_same::<A, C>(&winner, command).await? {
            return match self.intent.identity {
                // An equal id belongs to another command only if the content of its type cannot be seen: the next id
                // is free.
                Identity::Derived { name: None } => Ok(Step::Lost(winner)),
                _ => Err(self.taken(winner.version)),
            };
        }
        state.fold(Commit::clone(&winner)).map_err(|error| self.store_error(error))?;
        self.claim(winner.version);
        let duplicate = self.outcome_of(*winner, Outcome::Duplicate);
        duplicate.map(|done| Step::Done(Box::new(done))).map_err(|error| self.store_error(error))
    }

    async fn catch_up<A: Aggregate, R>(&self, state: &mut State<A>) -> Result<(), ExecuteError<R>> {
        let caught_up = self.runtime.catch_up(state, &self.intent.stream).await;
        caught_up.map_err(|error| self.store_error(error))
    }

    pub(super) fn outcome_of<A: Aggregate>(
        &self,
        mut commit: Commit,
        outcome: Outcome,
    ) -> Result<Committed<A>, StoreError> {
        Ok(Committed {
            version: commit.version,
            events: decode::<A>(&mut commit)?,
            metadata: commit.metadata.as_ref().clone(),
            outcome,
            stream: commit.stream,
        })
    }

    pub(super) fn store_error<E>(&self, source: StoreError) -> ExecuteError<E> {
        // The table may have been removed, and restored as it was at an earlier time.
        if matches!(source, StoreError::Denied { .. }) {
            self.runtime.forget();
        }
        ExecuteError::store(&self.intent.metadata.command_id, source)
    }
}
