use std::any::type_name;
use std::sync::Arc;

use tracing::{Instrument, Span, field};

use super::intent::{Derived, Identity, Intent};
use super::load::Until;
use super::state::{State, decode};
use super::way_back::{read_back, refused};
use super::{Caller, Committed, Outcome};
use crate::aggregate::{Aggregate, Snapshots};
use crate::command::{Command, CommandContext, Decide, ExecuteError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::metadata::Metadata;
use crate::projection::ViewKeyError;
use crate::runtime::{Naming, Runtime};
use crate::store::{Append, NewCommit, StoreError};
use crate::timestamp::Timestamp;
use crate::trace;
use crate::version::Version;

/// So often a command is decided on the commit that it lost against, before it makes room.
const TRIES_IN_A_ROW: u32 = 4;

/// Executes one command: decides on the state that is remembered or read, appends, and begins again behind what has won.
pub(super) struct Execution<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) intent: Intent,
    pub(super) derived: Option<Derived<'a>>,
    pub(super) digest: Option<CommandDigest>,
}

/// How one decision ended.
enum Step<A: Aggregate> {
    Done(Box<Committed<A>>),
    /// Decided on state that may be old, in a way that fresh state could change.
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

    /// With the id that the command has.
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
        // The cause's trace goes on by itself where the handler's span is around this one.
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
        // Commands on one key run one after another within a process. An evicted slot that somebody still holds is no
        // harm: two commands on one key may then meet at the store.
        let slot = self.runtime.states.get_or_default(&self.intent.stream);
        let mut slot = slot.lock().await;
        let mut fresh = false;
        // It goes back in only after the command is through, so that a cancelled or panicking one leaves nothing
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
                    let (wanted, actual) = (state.version, winner.version);
                    if actual == wanted.next() {
                        state.fold(*winner).map_err(|error| self.store_error(error))?;
                    }
                    if self.intent.expected.is_some() || lost >= self.runtime.settings.conflict.attempts {
                        break Err(ExecuteError::Conflict { expected: wanted, actual });
                    }
                    fresh = false;
                    // The winner's commit is at hand, and going on at once keeps pace with a busy rival; a pause
                    // after each loss would let it win for good. Losing several times in a row means a crowd:
                    // make room, then see where the stream is.
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
                    | ExecuteError::CommandIdTaken { .. }),
                ) => {
                    break Err(error);
                }
                // The outcome is open: the state is dropped, and read again by the next command.
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
        if let Some(expected) = self.intent.expected
            && expected != state.version
        {
            // A state that is ahead stays ahead; one that is behind may only be old.
            if !fresh && state.version < expected {
                return Ok(Step::Stale);
            }
            return Err(ExecuteError::Conflict { expected, actual: state.version });
        }
        let now = if self.intent.own_clock {
            let metadata = &mut self.intent.metadata;
            let now = metadata.recorded();
            // Clocks of two machines differ; within a stream, time does not run backwards. A time that no clock can have
            // is of an earlier release, which let a time given with `.at(…)` pass for one.
            let possible = |last: &Timestamp| *last <= now + self.runtime.settings.furthest_ahead;
            if let Some(last) = state.clock_at.filter(possible).filter(|last| metadata.created_at < *last) {
                metadata.recorded_at = Some(now);
                metadata.created_at = last;
            }
            now
        } else {
            self.intent.metadata.created_at
        };
        let context = CommandContext { version: state.version, now, metadata: self.intent.metadata.clone() };
        let mut events = Vec::new();
        match state.aggregate.decide(command, &context, &mut events) {
            Err(rejection) if fresh => return Err(ExecuteError::Rejected(rejection)),
            Ok(()) if events.is_empty() && fresh => {
                return Ok(Step::Done(Box::new(Committed {
                    version: state.version,
                    events,
                    metadata: self.intent.metadata.clone(),
                    outcome: Outcome::Unchanged,
                    stream: self.intent.stream.clone(),
                })));
            }
            Err(_) => return Ok(Step::Stale),
            Ok(()) if events.is_empty() => return Ok(Step::Stale),
            Ok(()) => {}
        }
        let stored: Result<Vec<_>, _> = events.iter().map(A::encode).collect();
        let stored = stored.map_err(|error| self.store_error(error.into()))?;
        let (stream, metadata) = (self.intent.stream.clone(), self.intent.metadata.clone());
        let commit = Commit::new(stream, state.version.next(), stored, metadata);
        // What others will read is what counts, also here.
        if let Some(read) = read_back::<A>(&commit).map_err(|error| self.store_error(error.into()))? {
            events = read;
        }
        match self.check_view_keys(&commit) {
            Ok(()) => {}
            Err(error) if fresh => return Err(ExecuteError::ViewKey(error)),
            Err(_) => return Ok(Step::Stale),
        }
        // Before the fold: what has no place in an item leaves the state as it was.
        let mut new = NewCommit::of(&commit).map_err(|error| self.store_error(error))?;
        let before = state.aggregate.copy();
        state.try_apply(&events).map_err(|(index, said)| {
            let reason = format!("`{}` panics when it is folded: {said}", A::NAME);
            self.store_error(refused::<A>(&commit, index, reason).into())
        })?;
        let looked_at = state.looked_at;
        let mut carries = match self.runtime.snapshots_of::<A>() {
            Some((snapshots, shelf)) => shelf.carry(&snapshots, state, &mut new),
            None => false,
        };
        let mut appended = self.append(new).await;
        // Nothing depends on a state: a commit that its store takes without it is not lost for it.
        if carries && matches!(appended, Err(StoreError::TooLarge { .. } | StoreError::Refused { .. })) {
            carries = false;
            state.keep_apart();
            appended = match NewCommit::of(&commit) {
                Ok(new) => self.append(new).await,
                Err(error) => Err(error),
            };
        }
        let appended = match appended {
            // A store with limits of its own: the remembered state is used further.
            Err(error @ StoreError::TooLarge { .. }) => {
                self.restore(state, before).await?;
                return Err(self.store_error(error));
            }
            appended => appended.map_err(|error| self.store_error(error))?,
        };
        match appended {
            Append::Written => {
                state.note(&commit);
                if carries {
                    self.note_carried(state);
                }
                self.claim(commit.version);
                Ok(Step::Done(Box::new(Committed {
                    version: commit.version,
                    events,
                    metadata: self.intent.metadata.clone(),
                    outcome: Outcome::Committed,
                    stream: commit.stream,
                })))
            }
            // The very same commit holds the version: our own write, whose answer got lost.
            Append::Taken(winner) if winner.metadata == commit.metadata => {
                state.note(&winner);
                if carries {
                    self.note_carried(state);
                }
                self.claim(winner.version);
                self.outcome_of(*winner, Outcome::Committed)
                    .map(|done| Step::Done(Box::new(done)))
                    .map_err(|error| self.store_error(error))
            }
            Append::Taken(winner) => {
                state.looked_at = looked_at;
                self.restore(state, before).await?;
                self.lost(state, command, winner).await
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
                // An equal id is another command's only where its type lets nobody look: the next one is free.
                Identity::Derived { name: None } => Ok(Step::Lost(winner)),
                _ => Err(self.taken(winner.version)),
            };
        }
        state.fold(Commit::clone(&winner)).map_err(|error| self.store_error(error))?;
        self.claim(winner.version);
        let duplicate = self.outcome_of(*winner, Outcome::Duplicate);
        duplicate.map(|done| Step::Done(Box::new(done))).map_err(|error| self.store_error(error))
    }

    /// Takes back what was folded and not stored.
    async fn restore<A: Aggregate, R>(
        &self,
        state: &mut State<A>,
        before: Option<A>,
    ) -> Result<(), ExecuteError<R>> {
        match before {
            Some(before) => state.aggregate = before,
            None => {
                let loaded =
                    self.runtime.load_until(&self.intent.stream, Until::Version(state.version)).await;
                *state = loaded.map_err(|error| self.store_error(error))?;
            }
        }
        Ok(())
    }

    #[tracing::instrument(
        name = "append",
        level = "debug",
        skip_all,
        fields(
            pk = new.commit.stream.pk(),
            sk = new.commit.stream.sk(),
            version = new.commit.version.get(),
            r#type = new.commit.first_type(),
            events = new.commit.events.len(),
            command_id = new.commit.metadata.command_id,
            correlation_id = new.commit.metadata.correlation_id,
        )
    )]
    async fn append(&self, new: NewCommit<'_>) -> Result<Append, StoreError> {
        self.runtime.stores.events.append(new).await
    }

    /// Whether the next load would not find the state among the last commits, if the commit of this command does not carry it.
    fn is_overdue<A: Aggregate>(&self, state: &State<A>) -> bool {
        let behind = state.version.get().saturating_sub(state.snapshot_at.get());
        let is_far = |(snapshots, _): (Snapshots<A>, _)| behind + 1 >= snapshots.step();
        !state.apart && self.runtime.snapshots_of::<A>().is_some_and(is_far)
    }

    /// The state's last commit carries it.
    fn note_carried<A: Aggregate>(&self, state: &mut State<A>) {
        state.snapshot_at = state.version;
        state.overdue = false;
        if let Some((_, shelf)) = self.runtime.snapshots_of::<A>() {
            state.command_ids.forget_earlier(shelf.command_ids);
            // It is among the last commits, where it is looked for first.
            shelf.saw(&self.intent.stream, Version::NONE);
            shelf.note_carried(A::NAME);
        }
    }

    /// Fails for a commit that a projection could never take. No request.
    fn check_view_keys(&self, commit: &Commit) -> Result<(), ViewKeyError> {
        self.runtime.view_keys.check(commit, || self.runtime.index.tenant_of(commit))
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
        // The table may have been taken away, and come back as it was at an earlier time.
        if matches!(source, StoreError::Denied { .. }) {
            self.runtime.forget();
        }
        ExecuteError::store(&self.intent.metadata.command_id, source)
    }
}
