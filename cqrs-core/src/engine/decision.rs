//! One decision: from a state and a command to a commit that is ready to be appended, and what follows when it was
//! stored or was not.

use std::mem::take;

use super::execution::Execution;
use super::load::Until;
use super::state::State;
use super::unique::UniqueValues;
use super::way_back::{read_back, refused};
use super::{Committed, Outcome};
use crate::aggregate::{Aggregate, Snapshots};
use crate::command::{Command, CommandContext, Decide, ExecuteError, OtherStates};
use crate::commit::Commit;
use crate::commit::record::Record;
use crate::key::KeyError;
use crate::projection::ViewKeyError;
use crate::store::{NewCommit, ReservationChange, StoreError, Timer};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// How the decision on a command ended.
pub(super) enum Decision<A: Aggregate> {
    /// The state has folded the events.
    Decided(Box<Decided<A>>),
    /// The command decided on no events.
    Unchanged,
    /// The state may be old, and fresh state could change the decision.
    Stale,
}

/// A commit that the state has folded, and that is not stored yet.
pub(super) struct Decided<A: Aggregate> {
    pub(super) commit: Commit,
    /// The record to store, until it is taken out.
    record: Record,
    events: Vec<A::Event>,
    /// Whether the record contains the state.
    pub(super) carries: bool,
    /// The state before the fold, if it can be copied.
    before: Option<A>,
    looked_at: Version,
    /// The changes to the values of `unique` fields.
    pub(super) reservations: Result<Vec<ReservationChange>, KeyError>,
    /// The timers that are stored with the commit.
    pub(super) timers: Vec<Timer>,
}

/// A commit that nothing has folded yet.
struct Prepared<A: Aggregate> {
    commit: Commit,
    /// As others will read them.
    events: Vec<A::Event>,
    record: Record,
}

impl<A: Aggregate> Decided<A> {
    /// The commit to append. Its record can be taken once.
    pub(super) fn new_commit(&mut self) -> NewCommit<'_> {
        NewCommit { commit: &self.commit, record: take(&mut self.record) }
    }

    /// The commit to append, with a copy of the record, which can be taken again.
    pub(super) fn copy_commit(&self) -> NewCommit<'_> {
        NewCommit { commit: &self.commit, record: self.record.clone() }
    }

    /// Makes the record again, without the state; `false` if it had none.
    pub(super) fn leave_state(&mut self, state: &mut State<A>) -> Result<bool, StoreError> {
        self.record = NewCommit::of(&self.commit)?.record;
        let carried = std::mem::replace(&mut self.carries, false);
        if carried {
            state.keep_apart();
        }
        Ok(carried)
    }
}

impl Execution<'_> {
    /// Decides, and folds what was decided. After [`ExecuteError::Store`] the state is unusable; after any other error
    /// it is unchanged.
    pub(super) fn decide<A, C>(
        &mut self,
        state: &mut State<A>,
        command: &C,
        others: &OtherStates,
        fresh: bool,
    ) -> Result<Decision<A>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        if let Some(expected) = self.intent.expected
            && expected != state.version
        {
            // A state that is ahead stays ahead; one that is behind may only be old.
            if !fresh && state.version < expected {
                return Ok(Decision::Stale);
            }
            return Err(ExecuteError::Conflict { expected, actual: state.version });
        }
        let context = self.context(state, others);
        let mut events = Vec::new();
        match state.aggregate.decide(command, &context, &mut events) {
            Err(rejection) if fresh => return Err(ExecuteError::Rejected(rejection)),
            Err(_) => return Ok(Decision::Stale),
            Ok(()) if events.is_empty() => return Ok(Decision::Unchanged),
            Ok(()) => {}
        }
        let Prepared { commit, events, record } = match self.prepare::<A, _>(state.version.next(), events) {
            Ok(prepared) => prepared,
            // An old state may have decided on events that a fresh one would not: neither their size nor their
            // content says anything about the command.
            Err(_) if !fresh => return Ok(Decision::Stale),
            Err(error) => return Err(error),
        };
        let mut new = NewCommit { commit: &commit, record };
        let before = state.aggregate.copy();
        let values = UniqueValues::of(&state.aggregate, state.version);
        if let Err((index, said)) = state.try_apply(&events) {
            if !fresh {
                match before {
                    Some(before) => state.aggregate = before,
                    // It is read again from the beginning.
                    None => *state = State::empty(),
                }
                return Ok(Decision::Stale);
            }
            let reason = format!("`{}` panics when it is folded: {said}", A::NAME);
            return Err(self.store_error(refused::<A>(&commit, index, reason).into()));
        }
        let reservations = values.changes_to(&state.aggregate, &commit.stream);
        let looked_at = state.looked_at;
        let carries = match self.runtime.snapshots_of::<A>() {
            Some((snapshots, shelf)) => shelf.carry(&snapshots, state, &mut new),
            None => false,
        };
        let record = new.record;
        let timers = A::timers(&commit, &events);
        let decided = Decided { commit, record, events, carries, before, looked_at, reservations, timers };
        Ok(Decision::Decided(Box::new(decided)))
    }

    /// The commit of these events. Nothing is folded, so a commit that does not fit into an item leaves the state
    /// unchanged.
    fn prepare<A: Aggregate, R>(
        &self,
        version: Version,
        mut events: Vec<A::Event>,
    ) -> Result<Prepared<A>, ExecuteError<R>> {
        let stored: Result<Vec<_>, _> = events.iter().map(A::encode).collect();
        let stored = stored.map_err(|error| self.store_error(error.into()))?;
        let (stream, metadata) = (self.intent.stream.clone(), self.intent.metadata.clone());
        let commit = Commit::new(stream, version, stored, metadata);
        // The events count as others will read them, here too.
        if let Some(read) = read_back::<A>(&commit).map_err(|error| self.store_error(error.into()))? {
            events = read;
        }
        self.check_view_keys(&commit).map_err(ExecuteError::ViewKey)?;
        let record = NewCommit::of(&commit).map_err(|error| self.store_error(error))?.record;
        Ok(Prepared { commit, events, record })
    }

    fn context<A: Aggregate>(&mut self, state: &State<A>, others: &OtherStates) -> CommandContext {
        let metadata = &mut self.intent.metadata;
        let mut now = metadata.created_at;
        if self.intent.own_clock {
            now = metadata.recorded();
            // The clocks of two machines differ, but within a stream time does not run backwards. A time that no clock
            // can have comes from an earlier release, which took a time given with `.at(…)` for that of a clock.
            let possible = |last: &Timestamp| *last <= now + self.runtime.settings.furthest_ahead;
            if let Some(last) = state.clock_at.filter(possible).filter(|last| metadata.created_at < *last) {
                metadata.recorded_at = Some(now);
                metadata.created_at = last;
            }
        }
        CommandContext { version: state.version, now, metadata: metadata.clone(), others: others.clone() }
    }

    /// The answer to a command that decided on nothing.
    pub(super) fn unchanged<A: Aggregate>(&self, state: &State<A>) -> Committed<A> {
        Committed {
            version: state.version,
            events: Vec::new(),
            metadata: self.intent.metadata.clone(),
            outcome: Outcome::Unchanged,
            stream: self.intent.stream.clone(),
        }
    }

    /// Notes that the commit is stored.
    pub(super) fn settle<A: Aggregate>(&self, state: &mut State<A>, decided: Decided<A>) -> Committed<A> {
        let Decided { commit, events, carries, .. } = decided;
        state.note(&commit);
        if carries {
            self.note_carried(state);
        }
        self.claim(commit.version);
        Committed {
            version: commit.version,
            events,
            metadata: self.intent.metadata.clone(),
            outcome: Outcome::Committed,
            stream: commit.stream,
        }
    }

    /// Takes back what was folded but not stored.
    pub(super) async fn take_back<A: Aggregate>(
        &self,
        state: &mut State<A>,
        decided: Decided<A>,
    ) -> Result<(), StoreError> {
        match decided.before {
            Some(before) => {
                state.aggregate = before;
                state.looked_at = decided.looked_at;
            }
            None => {
                *state = self.runtime.load_until(&self.intent.stream, Until::Version(state.version)).await?;
            }
        }
        Ok(())
    }

    /// Whether the next load would miss the state among the last commits if the commit of this command does not carry
    /// it.
    pub(super) fn is_overdue<A: Aggregate>(&self, state: &State<A>) -> bool {
        let behind = state.version.get().saturating_sub(state.snapshot_at.get());
        let is_far = |(snapshots, _): (Snapshots<A>, _)| behind.saturating_add(1) >= snapshots.step();
        !state.apart && self.runtime.snapshots_of::<A>().is_some_and(is_far)
    }

    /// Notes that the state's last commit carries it.
    fn note_carried<A: Aggregate>(&self, state: &mut State<A>) {
        state.snapshot_at = state.version;
        state.overdue = false;
        if let Some((snapshots, shelf)) = self.runtime.snapshots_of::<A>() {
            state.command_ids.forget_earlier(shelf.ids_with(&snapshots));
            // It is among the last commits, where it is looked for first.
            shelf.saw(&self.intent.stream, Version::NONE);
            shelf.note_carried(A::NAME);
        }
    }

    /// Fails for a commit that a projection could never take. Sends no request.
    fn check_view_keys(&self, commit: &Commit) -> Result<(), ViewKeyError> {
        self.runtime.view_keys.check(commit, || self.runtime.index.tenant_of(commit))
    }
}
