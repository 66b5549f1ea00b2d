//! From a decision to the store.

use tracing::Instrument;

use super::decision::Decided;
use super::execution::Execution;
use super::state::State;
use crate::aggregate::Aggregate;
use crate::command::ExecuteError;
use crate::commit::Commit;
use crate::key::KeyError;
use crate::store::{
    Append, AppendAll, NewCommit, NewCommits, RefusedKind, Reservation, ReservationChange, StoreError, Taken,
    UniqueValue,
};
use crate::version::Version;

/// What became of a decision.
pub(super) enum Appended {
    Written,
    /// Another commit holds the version.
    Taken(Box<Commit>),
    /// The timer of the command no longer exists.
    Gone,
    Refused(Refusal),
}

/// Why the values of `unique` fields prevent a commit.
pub(super) enum Refusal {
    /// One belongs to another stream.
    NotUnique(Reservation),
    /// Not all values of this field are reserved.
    Unreserved(&'static str),
    /// One cannot be reserved.
    Key(KeyError),
}

impl Refusal {
    pub(super) fn into_error<A: Aggregate, R>(self) -> ExecuteError<R> {
        match self {
            Self::NotUnique(Reservation { value, owner }) => {
                ExecuteError::NotUnique { field: field_of::<A>(&value), owner }
            }
            Self::Unreserved(field) => ExecuteError::Unreserved { aggregate: A::NAME, field },
            Self::Key(error) => ExecuteError::Key(error),
        }
    }
}

fn field_of<A: Aggregate>(value: &UniqueValue) -> &'static str {
    let field = A::UNIQUE.iter().find(|field| field.name == value.field());
    field.map_or("value", |field| field.name)
}

/// Removes the changes that would free a value of another stream. Two streams had the value before it became unique,
/// and it was reserved for the other one. Returns the reservation that still prevents the commit.
///
/// # Errors
/// [`StoreError::Refused`] for an answer that names none of the changes: a retry would get the same answer for ever.
pub(super) fn pass_over(
    changes: &mut Vec<ReservationChange>,
    reserved: Vec<Reservation>,
) -> Result<Option<Reservation>, StoreError> {
    let before = changes.len();
    for reservation in reserved {
        let is_taken = |change: &ReservationChange| change.value == reservation.value && change.to.is_some();
        if changes.iter().any(is_taken) {
            return Ok(Some(reservation));
        }
        changes.retain(|change| change.value != reservation.value);
    }
    if changes.len() == before {
        let reason = "the event store refused a value that was not to change";
        return Err(StoreError::refused(RefusedKind::Other, reason));
    }
    Ok(None)
}

/// The error for an answer about a timer that was not in the request.
pub(super) fn no_timer() -> StoreError {
    StoreError::refused(RefusedKind::Other, "the event store missed a timer that was not to be fired")
}

impl Execution<'_> {
    pub(super) async fn append_decided<A: Aggregate>(
        &self,
        state: &mut State<A>,
        decided: &mut Decided<A>,
    ) -> Result<Appended, StoreError> {
        let changes = match std::mem::replace(&mut decided.reservations, Ok(Vec::new())) {
            Ok(changes) => changes,
            Err(error) => return Ok(Appended::Refused(Refusal::Key(error))),
        };
        if decided.commit.version == Version::NONE.next() {
            self.runtime.note_first_stream::<A>().await?;
        }
        let appended = self.append_with(decided, changes.clone()).await;
        // Nothing depends on the state: if the store takes the commit only without it, the commit is stored without it.
        if decided.carries
            && matches!(appended, Err(StoreError::TooLarge { .. } | StoreError::Refused { .. }))
        {
            decided.leave_state(state)?;
            return self.append_with(decided, changes).await;
        }
        appended
    }

    async fn append_with<A: Aggregate>(
        &self,
        decided: &mut Decided<A>,
        mut changes: Vec<ReservationChange>,
    ) -> Result<Appended, StoreError> {
        if !changes.is_empty()
            && let Some(field) = self.runtime.unreserved_field::<A>().await?
        {
            return Ok(Appended::Refused(Refusal::Unreserved(field)));
        }
        let fired = self.intent.timer.as_ref();
        while !changes.is_empty() || !decided.timers.is_empty() || fired.is_some() {
            let mut new = NewCommits::new(vec![decided.copy_commit()]);
            new.reservations.clone_from(&changes);
            new.timers.clone_from(&decided.timers);
            new.fired = fired.cloned();
            match self.runtime.event_store().append_all(new).await? {
                AppendAll::Written => return Ok(Appended::Written),
                AppendAll::Taken(taken) => {
                    return self.winner(taken, &decided.commit).await.map(Appended::Taken);
                }
                AppendAll::Reserved(reserved) => {
                    if let Some(reservation) = pass_over(&mut changes, reserved)? {
                        return Ok(Appended::Refused(Refusal::NotUnique(reservation)));
                    }
                }
                AppendAll::Gone if fired.is_some() => return Ok(Appended::Gone),
                AppendAll::Gone => return Err(no_timer()),
            }
        }
        Ok(match self.append(decided.new_commit()).await? {
            Append::Written => Appended::Written,
            Append::Taken(winner) => Appended::Taken(winner),
        })
    }

    /// The commit that holds the version; it is read if the store has not returned it.
    async fn winner(&self, taken: Vec<Taken>, commit: &Commit) -> Result<Box<Commit>, StoreError> {
        if let Some(winner) = taken.into_iter().find_map(|taken| taken.winner) {
            return Ok(winner);
        }
        let (stream, version) = (&commit.stream, commit.version);
        let page = self.runtime.event_store().read(stream, version.previous(), version).await?;
        let winner = page.commits.into_iter().next();
        winner.map(Box::new).ok_or_else(|| StoreError::Unavailable {
            source: format!("version {version} of stream {stream} was taken, and is free").into(),
        })
    }

    async fn append(&self, new: NewCommit<'_>) -> Result<Append, StoreError> {
        let commit = new.commit;
        let span = tracing::debug_span!(
            "append",
            pk = commit.stream.pk(),
            sk = commit.stream.sk(),
            version = commit.version.get(),
            r#type = commit.first_type(),
            events = commit.events.len(),
            command_id = commit.metadata.command_id,
            correlation_id = commit.metadata.correlation_id,
        );
        self.runtime.event_store().append(new).instrument(span).await
    }
}
