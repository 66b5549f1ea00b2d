use futures_util::future::{join_all, try_join_all};
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

use super::append::{Refusal, no_timer, pass_over};
use super::execution::TRIES_IN_A_ROW;
use super::intent::Identity;
use super::member::Member;
use super::transacted::{Part, Transacted};
use super::unique::joined;
use super::{Caller, Outcome};
use crate::command::{OtherStates, TransactionError};
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::runtime::Failed;
use crate::store::limits::{MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS};
use crate::store::{Append, AppendAll, NewCommits, Reservation, ReservationChange, StoreError, Taken};
use crate::trace;

/// Executes a transaction: decides all commands, appends what they decided, and begins again after the commits that
/// have won.
pub(super) struct Transacting<'a> {
    pub(super) caller: Caller<'a>,
    /// In the order of their streams.
    pub(super) members: Vec<Box<dyn Member + 'a>>,
    pub(super) metadata: Metadata,
    pub(super) identity: Identity,
    /// The digest of all commands and of the streams they go to, if the id may come again.
    pub(super) transaction: Option<String>,
}

/// How one attempt ended.
enum Attempt {
    Written,
    /// Other commits hold versions.
    Taken(Vec<Taken>),
    /// Values of `unique` fields or a limit prevent the transaction.
    Refused(TransactionError),
}

impl<'a> Transacting<'a> {
    pub(super) fn new(
        caller: Caller<'a>,
        members: Vec<Box<dyn Member + 'a>>,
        metadata: Metadata,
        identity: Identity,
    ) -> Self {
        let mut new = Self { caller, members, metadata, identity, transaction: None };
        if new.identity != Identity::New {
            new.transaction = Some(new.digest().to_string());
        }
        new
    }

    pub(super) async fn execute(mut self) -> Result<Transacted, TransactionError> {
        let span = self.span();
        async move {
            let trace = trace::current();
            let id = self.metadata.command_id.clone();
            self.identify(&id, trace.as_deref());
            let result = self.run(trace.as_deref()).await;
            // After an unknown outcome, the next command reads the states again.
            let is_good = !matches!(result, Err(TransactionError::Store { .. } | TransactionError::Key(_)));
            let transacted = result.map(|outcome| self.transacted(outcome));
            join_all(self.members.iter_mut().map(|member| member.put_back(is_good))).await;
            match (&transacted, self.caller.cause) {
                (Ok(_), Some(cause)) => cause.note_done(),
                (Err(error), Some(cause)) => cause.note_failed(self.failed(error)),
                (Err(error), None) if error.is_transient() || error.store_error().is_some() => {
                    self.failed(error).tell();
                }
                (_, None) => {}
            }
            transacted
        }
        .instrument(span)
        .await
    }

    fn failed(&self, error: &TransactionError) -> Failed {
        let streams: Vec<_> = self.members.iter().map(|member| member.stream().clone()).collect();
        let lost = match error {
            TransactionError::Conflict { stream, .. } => Some(stream),
            _ => None,
        };
        let is_pinned =
            self.members.iter().any(|member| Some(member.stream()) == lost && member.expected().is_some());
        Failed::of_transaction(&streams, error, is_pinned)
    }

    fn span(&self) -> Span {
        let Metadata { command_id, correlation_id, causation_id, trace_context, .. } = &self.metadata;
        let span = tracing::info_span!(
            "transaction",
            streams = self.members.len(),
            command_id,
            correlation_id,
            causation_id,
            trace_context,
            attempts = field::Empty,
            otel.kind = trace::PRODUCER,
        );
        if let Some(given) = trace_context
            && trace::current().is_none()
        {
            trace::join(&span, given);
        }
        span
    }

    pub(super) fn identify(&mut self, id: &str, trace: Option<&str>) {
        id.clone_into(&mut self.metadata.command_id);
        for member in &mut self.members {
            member.identify(id, self.transaction.as_deref(), trace);
        }
    }

    async fn run(&mut self, trace: Option<&str>) -> Result<Outcome, TransactionError> {
        let runtime = self.caller.runtime;
        for member in &mut self.members {
            let place = runtime.states.get_or_default(member.stream());
            member.lock(place).await;
        }
        let loaded = try_join_all(self.members.iter_mut().map(|member| member.load())).await?;
        let mut fresh = loaded.into_iter().all(|loaded| loaded);
        if let Some(room) = self.members.iter().filter_map(|member| member.room()).max() {
            tokio::time::sleep(room.min(runtime.settings.conflict.cap)).await;
        }
        let mut lost = 0;
        let outcome = loop {
            if let Some(earlier) = self.first_outcome(trace).await? {
                self.settle_earlier(earlier)?;
                break Outcome::Duplicate;
            }
            let decided = self.decide(fresh);
            match decided {
                Ok(true) if self.members.iter().any(|member| member.decided().is_some()) => {}
                Ok(true) if fresh => {
                    self.members.iter_mut().for_each(|member| member.settle(None));
                    break Outcome::Unchanged;
                }
                // That nothing changes is also reported on fresh states only.
                Ok(_) => {
                    self.start_over().await?;
                    fresh = true;
                    continue;
                }
                Err(error) => {
                    self.take_back().await?;
                    return Err(error);
                }
            }
            let started = Instant::now();
            let taken = match self.append().await {
                Ok(Attempt::Written) => None,
                Ok(Attempt::Taken(taken)) => Some(taken).filter(|taken| !self.is_ours(taken)),
                Ok(Attempt::Refused(_)) if !fresh => {
                    self.start_over().await?;
                    fresh = true;
                    continue;
                }
                Ok(Attempt::Refused(error)) => {
                    self.take_back().await?;
                    return Err(error);
                }
                // Nothing is stored. Fresh states may lead to smaller commits, or to other content.
                Err(source) if source.is_of_data() && !fresh => {
                    self.start_over().await?;
                    fresh = true;
                    continue;
                }
                Err(source @ StoreError::TooLarge { .. }) => {
                    self.take_back().await?;
                    return Err(self.store_error(source));
                }
                Err(source) => return Err(self.store_error(source)),
            };
            let Some(taken) = taken else {
                self.claim_decided();
                self.members.iter_mut().for_each(|member| member.settle(Some(started)));
                break Outcome::Committed;
            };
            lost += 1;
            self.take_back().await?;
            fresh = self.lose(taken, lost).await?;
        };
        Span::current().record("attempts", lost + 1);
        Ok(outcome)
    }

    /// Decides all commands; `false` if fresh states could change a decision.
    fn decide(&mut self, fresh: bool) -> Result<bool, TransactionError> {
        let mut lenders = Vec::new();
        let mut states = Vec::new();
        for (place, member) in self.members.iter_mut().enumerate() {
            if let Some(state) = member.lend() {
                lenders.push(place);
                states.push((member.stream().clone(), state));
            }
        }
        let others = OtherStates::new(states);
        let mut decided = Ok(true);
        for member in &mut self.members {
            decided = member.decide(&others, fresh);
            if !matches!(decided, Ok(true)) {
                break;
            }
        }
        let mut states = others.into_states().unwrap_or_default().into_iter();
        for place in lenders {
            let state = states.next();
            if let Some(member) = self.members.get_mut(place) {
                member.take_home(state);
            }
        }
        decided
    }

    async fn append(&mut self) -> Result<Attempt, StoreError> {
        let changes = match self.reservations().await? {
            Ok(changes) => changes,
            Err(refused) => return Ok(Attempt::Refused(refused)),
        };
        let appended = self.append_with(changes.clone()).await;
        if !matches!(appended, Err(StoreError::TooLarge { .. } | StoreError::Refused { .. })) {
            return appended;
        }
        // Nothing depends on the states: if the store takes the commits only without them, the commits are stored
        // without them.
        let mut left = false;
        for member in &mut self.members {
            left |= member.leave_state()?;
        }
        if left { self.append_with(changes).await } else { appended }
    }

    /// The changes of all commits together to the values of `unique` fields.
    async fn reservations(&mut self) -> Result<Result<Vec<ReservationChange>, TransactionError>, StoreError> {
        let mut changes = Vec::new();
        for member in &mut self.members {
            match member.note_first_stream().await {
                Ok(()) => {}
                Err(TransactionError::Store { source, .. }) => return Err(source),
                Err(error) => return Ok(Err(error)),
            }
            match member.take_reservations() {
                Ok(changed) if changed.is_empty() => {}
                Ok(changed) => {
                    match member.unreserved_field().await {
                        Ok(None) => {}
                        Ok(Some(field)) => return Ok(Err(member.refuse(Refusal::Unreserved(field)))),
                        Err(TransactionError::Store { source, .. }) => return Err(source),
                        Err(error) => return Ok(Err(error)),
                    }
                    changes.extend(changed);
                }
                Err(error) => return Ok(Err(member.refuse(Refusal::Key(error)))),
            }
        }
        Ok(joined(changes).map_err(|(loser, reservation)| self.refuse(&loser, reservation)))
    }

    async fn append_with(&mut self, mut changes: Vec<ReservationChange>) -> Result<Attempt, StoreError> {
        let events = self.caller.runtime.event_store();
        loop {
            let mut new = NewCommits::new(Vec::new());
            new.reservations.clone_from(&changes);
            for member in &mut self.members {
                if member.decided().is_none() {
                    new = new.unchanged(member.stream().clone(), member.version());
                    continue;
                }
                let commit = if changes.is_empty() { member.new_commit() } else { member.copy_commit() };
                new.commits.extend(commit);
            }
            if new.items() == 1
                && let Some(commit) = new.commits.pop()
            {
                let stream = commit.commit.stream.clone();
                return Ok(match events.append(commit).await? {
                    Append::Written => Attempt::Written,
                    Append::Taken(winner) => Attempt::Taken(vec![Taken::new(stream, Some(*winner))]),
                });
            }
            let (items, bytes) = (new.items(), new.bytes());
            if items > MAX_TRANSACTION_ITEMS {
                let error = TransactionError::TooMany { items, limit: MAX_TRANSACTION_ITEMS };
                return Ok(Attempt::Refused(error));
            }
            if bytes > MAX_TRANSACTION_BYTES {
                return Err(StoreError::TooLarge { bytes, limit: MAX_TRANSACTION_BYTES });
            }
            match events.append_all(new).await? {
                AppendAll::Written => return Ok(Attempt::Written),
                AppendAll::Taken(taken) => return Ok(Attempt::Taken(taken)),
                AppendAll::Gone => return Err(no_timer()),
                AppendAll::Reserved(reserved) => {
                    if let Some(reservation) = pass_over(&mut changes, reserved)? {
                        let taker = changes.iter().find(|change| change.value == reservation.value);
                        let loser = taker.and_then(|change| change.to.clone());
                        let loser = loser.unwrap_or_else(|| reservation.owner.clone());
                        return Ok(Attempt::Refused(self.refuse(&loser, reservation)));
                    }
                }
            }
        }
    }

    /// The error for a value that a stream was to take, and that belongs to another one.
    fn refuse(&self, loser: &StreamKey, reservation: Reservation) -> TransactionError {
        match self.members.iter().find(|member| member.stream() == loser) {
            Some(member) => member.refuse(Refusal::NotUnique(reservation)),
            None => TransactionError::SameStream { stream: loser.clone() },
        }
    }

    /// Whether one of the versions is held by our own commit, whose answer got lost. Then all of them are.
    fn is_ours(&self, taken: &[Taken]) -> bool {
        self.members.iter().filter_map(|member| member.decided()).any(|decided| {
            let winners = taken.iter().filter(|taken| taken.stream == decided.stream);
            winners
                .filter_map(|taken| taken.winner.as_ref())
                .any(|winner| winner.metadata == decided.metadata && winner.version == decided.version)
        })
    }

    /// Folds the commits that have won; `true` if all states are fresh after that.
    async fn lose(&mut self, taken: Vec<Taken>, lost: u32) -> Result<bool, TransactionError> {
        let conflict = self.caller.runtime.settings.conflict;
        let is_named = |taken: &Taken| {
            let mut written = self.members.iter().filter(|member| member.command().is_some());
            written.any(|member| *member.stream() == taken.stream)
                && taken
                    .winner
                    .as_ref()
                    .is_some_and(|won| won.metadata.command_id == self.metadata.command_id)
        };
        // It has the same id: the streams show whether it is the same transaction.
        let is_again = taken.iter().any(is_named);
        let mut missing = taken.is_empty();
        let mut beaten = None;
        for Taken { stream, winner, .. } in taken {
            let Some(member) = self.members.iter_mut().find(|member| *member.stream() == stream) else {
                continue;
            };
            let (expected, pinned) = (member.version(), member.expected().is_some());
            let actual = match winner {
                Some(winner) => {
                    let actual = winner.version;
                    let folded = member.fold(*winner);
                    folded.map_err(|error| TransactionError::store(&self.metadata.command_id, error))?;
                    actual
                }
                None => {
                    missing = true;
                    expected.next()
                }
            };
            if beaten.is_none() || pinned {
                beaten = Some((TransactionError::Conflict { stream, expected, actual }, pinned));
            }
        }
        if let Some((error, pinned)) = beaten
            && !is_again
            && (pinned || lost >= conflict.attempts)
        {
            return Err(error);
        }
        let makes_room = lost.is_multiple_of(TRIES_IN_A_ROW);
        if makes_room {
            conflict.pause(lost / TRIES_IN_A_ROW).await;
        }
        if makes_room || missing || is_again {
            self.catch_up().await?;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) async fn catch_up(&mut self) -> Result<(), TransactionError> {
        try_join_all(self.members.iter_mut().map(|member| member.catch_up())).await.map(drop)
    }

    /// Takes back what was decided, and reads what is new.
    async fn start_over(&mut self) -> Result<(), TransactionError> {
        self.take_back().await?;
        self.catch_up().await
    }

    async fn take_back(&mut self) -> Result<(), TransactionError> {
        try_join_all(self.members.iter_mut().map(|member| member.take_back())).await.map(drop)
    }

    fn store_error(&self, source: StoreError) -> TransactionError {
        // The table may have been removed, and restored as it was at an earlier time.
        if matches!(source, StoreError::Denied { .. }) {
            self.caller.runtime.forget();
        }
        TransactionError::store(&self.metadata.command_id, source)
    }

    fn transacted(&mut self, outcome: Outcome) -> Transacted {
        let parts = self.members.iter_mut().filter_map(|member| {
            let (version, answer) = member.answer()?;
            Some(Part { stream: member.stream().clone(), version, answer })
        });
        Transacted::new(outcome, self.metadata.command_id.clone(), parts.collect())
    }
}
