use std::sync::Arc;

use futures_util::future::{join_all, try_join_all};
use tracing::{Instrument, Span, field};

use super::append::{Refusal, pass_over};
use super::intent::Identity;
use super::member::Member;
use super::transacted::{Part, Transacted};
use super::unique::joined;
use super::{Caller, Outcome};
use crate::command::{OtherStates, TransactionError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::runtime::{Cause, Naming};
use crate::store::limits::{MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS};
use crate::store::{Append, AppendAll, NewCommits, Reservation, ReservationChange, StoreError, Taken};
use crate::trace;

/// After losing this often in a row, a transaction makes room before it goes on.
const TRIES_IN_A_ROW: u32 = 4;

/// Executes a transaction: decides all commands, appends what they decided, and begins again behind what has won.
pub(super) struct Transacting<'a> {
    caller: Caller<'a>,
    /// In the order of their streams.
    members: Vec<Box<dyn Member + 'a>>,
    metadata: Metadata,
    identity: Identity,
    /// The digest of all commands, and of where they go, where the id may come again.
    transaction: Option<String>,
}

/// How one try ended.
enum Attempt {
    Written,
    /// Other commits hold versions.
    Taken(Vec<Taken>),
    /// Values of `unique` fields stand in the way.
    Refused(TransactionError),
}

/// What the streams have under an id: none where that is nothing.
type Found = Option<Vec<Option<Commit>>>;

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
            // After an open outcome, the states are read again by the next command.
            let is_good = !matches!(result, Err(TransactionError::Store { .. } | TransactionError::Key(_)));
            let transacted = result.map(|outcome| self.transacted(outcome));
            join_all(self.members.iter_mut().map(|member| member.put_back(is_good))).await;
            if let (Err(error), Some(cause)) = (&transacted, self.caller.cause) {
                let streams: Vec<_> = self.members.iter().map(|member| member.stream().clone()).collect();
                cause.note_failed_transaction(&streams, error);
            }
            transacted
        }
        .instrument(span)
        .await
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

    fn identify(&mut self, id: &str, trace: Option<&str>) {
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
                    self.members.iter_mut().for_each(|member| member.settle());
                    break Outcome::Unchanged;
                }
                // Also what would change nothing is told on fresh states only.
                Ok(_) => {
                    self.take_back().await?;
                    self.catch_up().await?;
                    fresh = true;
                    continue;
                }
                Err(error) => {
                    self.take_back().await?;
                    return Err(error);
                }
            }
            let taken = match self.append().await {
                Ok(Attempt::Written) => None,
                Ok(Attempt::Taken(taken)) => Some(taken).filter(|taken| !self.is_ours(taken)),
                Ok(Attempt::Refused(_)) if !fresh => {
                    self.take_back().await?;
                    self.catch_up().await?;
                    fresh = true;
                    continue;
                }
                Ok(Attempt::Refused(error)) => {
                    self.take_back().await?;
                    return Err(error);
                }
                Err(source @ StoreError::TooLarge { .. }) => {
                    self.take_back().await?;
                    return Err(self.store_error(source));
                }
                Err(source) => return Err(self.store_error(source)),
            };
            let Some(taken) = taken else {
                self.claim_decided();
                self.members.iter_mut().for_each(|member| member.settle());
                break Outcome::Committed;
            };
            lost += 1;
            self.take_back().await?;
            fresh = self.lose(taken, lost).await?;
        };
        Span::current().record("attempts", lost + 1);
        Ok(outcome)
    }

    /// False where fresh states could change a decision.
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
        // Nothing depends on states: commits that their store takes without them are not lost for them.
        let mut left = false;
        for member in &mut self.members {
            left |= member.leave_state()?;
        }
        if left { self.append_with(changes).await } else { appended }
    }

    /// What all commits together change of the values of `unique` fields.
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

    /// A value that a stream was to have belongs to another one.
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

    /// Takes in what has won; true where all states are fresh after it.
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
        // Under the same id: the streams tell whether it is the same transaction.
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

    async fn catch_up(&mut self) -> Result<(), TransactionError> {
        try_join_all(self.members.iter_mut().map(|member| member.catch_up())).await.map(drop)
    }

    async fn take_back(&mut self) -> Result<(), TransactionError> {
        try_join_all(self.members.iter_mut().map(|member| member.take_back())).await.map(drop)
    }

    /// What the streams have of this transaction, where it was executed before. For a derived id, this also finds the id that it has
    /// among equal ones.
    async fn first_outcome(&mut self, trace: Option<&str>) -> Result<Found, TransactionError> {
        let name = match &self.identity {
            Identity::New => return Ok(None),
            Identity::Given => {
                let id = self.metadata.command_id.clone();
                return match self.find(&id).await? {
                    Some(found) if self.is_same(&found).await? => Ok(Some(found)),
                    Some(found) => Err(self.taken(&found)),
                    None => Ok(None),
                };
            }
            Identity::Derived { name } => name.clone(),
        };
        let Some((cause, target)) = self.caller.cause.cloned().zip(self.target()) else { return Ok(None) };
        let is_named = name.is_some();
        let naming = match name {
            Some(name) => Naming::Name(format!("transaction {name}")),
            None => Naming::Content { command: "transaction", digest: Some(self.digest()) },
        };
        let mut ordinal = 1;
        loop {
            let id = cause.command_id(&target, &naming, ordinal);
            self.identify(&id, trace);
            let Some(found) = self.find(&id).await? else {
                Span::current().record("command_id", id.as_str());
                return Ok(None);
            };
            if is_named || !Self::is_claimed(&cause, &found) {
                if self.is_same(&found).await? {
                    return Ok(Some(found));
                }
                if is_named {
                    return Err(self.taken(&found));
                }
            }
            ordinal += 1;
        }
    }

    /// The first stream that has a command.
    fn target(&self) -> Option<StreamKey> {
        let mut commanded = self.members.iter().filter(|member| member.command().is_some());
        commanded.next().map(|member| member.stream().clone())
    }

    /// Of all commands, and where they go.
    fn digest(&self) -> CommandDigest {
        let commands = self.members.iter().filter_map(|member| {
            let (name, digest) = member.command()?;
            Some((format!("{name}\n{}", member.stream()), digest))
        });
        let commands: Vec<_> = commands.collect();
        CommandDigest::of_all("transaction", commands.iter().map(|(name, digest)| (name.as_str(), *digest)))
    }

    async fn find(&mut self, id: &str) -> Result<Found, TransactionError> {
        let mut found = try_join_all(self.members.iter_mut().map(|member| member.find(id))).await?;
        if found.iter().all(Option::is_none) {
            return Ok(None);
        }
        // A remembered state may not know a commit that was written together with one that another state knows.
        if found.iter().any(Option::is_none) {
            self.catch_up().await?;
            found = try_join_all(self.members.iter_mut().map(|member| member.find(id))).await?;
        }
        Ok(Some(found))
    }

    async fn is_same(&self, found: &[Option<Commit>]) -> Result<bool, TransactionError> {
        for (member, commit) in self.members.iter().zip(found) {
            let Some(commit) = commit else { continue };
            if !member.is_same(commit).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_claimed(cause: &Cause, found: &[Option<Commit>]) -> bool {
        found.iter().flatten().any(|commit| cause.is_claimed(&commit.stream, commit.version))
    }

    fn taken(&self, found: &[Option<Commit>]) -> TransactionError {
        let command_id = self.metadata.command_id.clone();
        match found.iter().flatten().next() {
            Some(Commit { stream, version, .. }) => {
                TransactionError::CommandIdTaken { command_id, stream: stream.clone(), version: *version }
            }
            None => TransactionError::Empty,
        }
    }

    fn settle_earlier(&mut self, found: Vec<Option<Commit>>) -> Result<(), TransactionError> {
        for (member, commit) in self.members.iter_mut().zip(found) {
            if let Some(commit) = &commit {
                claim(self.caller.cause, commit);
            }
            let settled = member.settle_earlier(commit);
            settled.map_err(|error| TransactionError::store(&self.metadata.command_id, error))?;
        }
        Ok(())
    }

    /// So that an equal transaction of the same run is not answered with these commits.
    fn claim_decided(&self) {
        self.members.iter().filter_map(|member| member.decided()).for_each(|it| claim(self.caller.cause, it));
    }

    fn store_error(&self, source: StoreError) -> TransactionError {
        // The table may have been taken away, and come back as it was at an earlier time.
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

fn claim(cause: Option<&Arc<Cause>>, commit: &Commit) {
    if let Some(cause) = cause {
        cause.claim(&commit.stream, commit.version);
    }
}
