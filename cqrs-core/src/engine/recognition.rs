//! Whether a command has been executed before: by its id, and by its content.

use super::command_ids::Sighting;
use super::execution::Execution;
use super::intent::Identity;
use super::load::Until;
use super::state::{State, decode};
use super::{Committed, Outcome};
use crate::aggregate::Aggregate;
use crate::command::{Command, CommandContext, Decide, ExecuteError, OtherStates};
use crate::commit::{Commit, CorruptCommit, EncodeError, StoredEvent};
use crate::digest::Likeness;
use crate::metadata::Metadata;
use crate::panic::caught;
use crate::runtime::Naming;
use crate::store::StoreError;
use crate::version::Version;

/// How many commands more than this run has sent to a stream are looked for under the ids of an earlier release.
const COUNTED_BEYOND: u32 = 16;

/// How a stored commit relates to a command with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Same,
    Other,
    /// It is unknown: there is neither a digest nor a decision that follows from state and command alone.
    Unknown,
}

impl Execution<'_> {
    /// The first outcome of the command, if it has one. For a derived id, this also finds the id that the command has
    /// among equal ones.
    pub(super) async fn first_outcome<A, C>(
        &mut self,
        state: &mut State<A>,
        command: &C,
    ) -> Result<Option<Committed<A>>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        match self.intent.identity {
            Identity::New => Ok(None),
            Identity::Given | Identity::Placed => {
                let seen = state.command_ids.find(&self.intent.metadata.command_id);
                let Some(commit) = self.under(&self.intent.metadata.command_id, seen).await? else {
                    return Ok(None);
                };
                match self.compare::<A, C>(&commit, command).await? {
                    Match::Same | Match::Unknown => self.duplicate(commit).map(Some),
                    Match::Other => Err(self.taken(commit.version)),
                }
            }
            Identity::Derived { .. } => self.first_derived(state, command).await,
        }
    }

    /// Takes a commit for this command, so that an equal one of the same run is not answered with it.
    pub(super) fn claim(&self, version: Version) {
        if let Some(derived) = &self.derived {
            derived.cause.claim(&self.intent.stream, version);
        }
    }

    async fn first_derived<A, C>(
        &mut self,
        state: &mut State<A>,
        command: &C,
    ) -> Result<Option<Committed<A>>, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        let Some(derived) = &self.derived else { return Ok(None) };
        let (cause, named) = (derived.cause, matches!(derived.naming, Naming::Name(_)));
        let mut ordinal = 1;
        let free = loop {
            let id = cause.command_id(&self.intent.stream, &derived.naming, ordinal);
            let seen = state.command_ids.find(&id);
            // A claimed commit need not be read.
            if !named && matches!(seen, Sighting::Known(version) if self.is_claimed(version)) {
                ordinal += 1;
                continue;
            }
            let Some(commit) = self.under(&id, seen).await? else { break id };
            if named || !self.is_claimed(commit.version) {
                match self.compare::<A, C>(&commit, command).await? {
                    Match::Same | Match::Unknown => return self.duplicate(commit).map(Some),
                    Match::Other if named => {
                        self.intent.metadata.command_id = id;
                        return Err(self.taken(commit.version));
                    }
                    Match::Other => {}
                }
            }
            ordinal += 1;
        };
        // An earlier release counted the commands to a stream. Usually nothing of that is left.
        for count in 1..=derived.count.saturating_add(COUNTED_BEYOND) {
            let id = cause.counted_id(&self.intent.stream, count);
            let seen = state.command_ids.find(&id);
            if matches!(seen, Sighting::Known(version) if self.is_claimed(version)) {
                continue;
            }
            let Some(commit) = self.under(&id, seen).await? else { continue };
            if self.is_claimed(commit.version) {
                continue;
            }
            let same = match self.compare::<A, C>(&commit, command).await? {
                Match::Same => true,
                Match::Unknown => count == derived.count,
                Match::Other => false,
            };
            if same {
                return self.duplicate(commit).map(Some);
            }
        }
        tracing::Span::current().record("command_id", free.as_str());
        self.intent.metadata.command_id = free;
        Ok(None)
    }

    fn duplicate<A: Aggregate, R>(&self, commit: Commit) -> Result<Committed<A>, ExecuteError<R>> {
        self.claim(commit.version);
        self.outcome_of(commit, Outcome::Duplicate).map_err(|error| self.store_error(error))
    }

    /// Whether a commit under the command's id is the outcome of this command, as far as is known.
    pub(super) async fn is_same<A, C>(
        &self,
        commit: &Commit,
        command: &C,
    ) -> Result<bool, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        Ok(self.compare::<A, C>(commit, command).await? != Match::Other)
    }

    pub(super) fn taken<R>(&self, version: Version) -> ExecuteError<R> {
        ExecuteError::CommandIdTaken {
            command_id: self.intent.metadata.command_id.clone(),
            stream: self.intent.stream.clone(),
            version,
        }
    }

    /// Whether a commit is the outcome of another command of this run.
    fn is_claimed(&self, version: Version) -> bool {
        self.derived.as_ref().is_some_and(|derived| derived.cause.is_claimed(&self.intent.stream, version))
    }

    /// The commit that has the id, if there is one.
    pub(super) async fn under<R>(&self, id: &str, seen: Sighting) -> Result<Option<Commit>, ExecuteError<R>> {
        let places = match seen {
            Sighting::Known(version) => vec![version],
            Sighting::Perhaps(versions) => versions,
        };
        for version in places {
            let commit = self.stored(version).await?;
            if commit.metadata.command_id == id {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    async fn stored<R>(&self, version: Version) -> Result<Commit, ExecuteError<R>> {
        let stream = &self.intent.stream;
        let page = self.runtime.event_store().read(stream, version.previous(), version).await;
        let page = page.map_err(|error| self.store_error(error))?;
        page.commits.into_iter().next().ok_or_else(|| {
            let gone = CorruptCommit {
                pk: stream.pk().to_owned(),
                sk: stream.commit_sk(version),
                version: Some(version.get()),
                name: None,
                reason: "the commit was there before, and is gone".to_owned(),
            };
            self.store_error(gone.into())
        })
    }

    /// Compares the command with the command whose outcome is this commit, which has the same id.
    async fn compare<A, C>(&self, commit: &Commit, command: &C) -> Result<Match, ExecuteError<A::Rejection>>
    where
        A: Decide<C>,
        C: Command,
    {
        if self.intent.identity == Identity::Placed {
            return Ok(Match::Same);
        }
        if !is_same_transaction(&self.intent.metadata, &commit.metadata) {
            return Ok(Match::Other);
        }
        let stored = commit.metadata.command_digest.as_deref();
        match (&self.digest, stored) {
            (Some(digest), Some(stored)) => match digest.compare(stored) {
                Some(Likeness::Same) => return Ok(Match::Same),
                Some(Likeness::Different) => return Ok(Match::Other),
                Some(Likeness::Reordered) | None => {}
            },
            // A user gave this id, and an earlier release wrote the commit: the id alone decides, as it did then.
            (Some(_), None) if self.intent.identity == Identity::Given => return Ok(Match::Same),
            _ => {}
        }
        self.compare_decisions::<A, C>(commit, command).await.map_err(|error| self.store_error(error))
    }

    /// Decides the command on the state that the commit's command was decided on. If it decides on the same events, it
    /// is the same command in effect.
    async fn compare_decisions<A, C>(&self, commit: &Commit, command: &C) -> Result<Match, StoreError>
    where
        A: Decide<C>,
        C: Command,
    {
        let before = commit.version.previous();
        let state: State<A> = self.runtime.load_until(&self.intent.stream, Until::Version(before)).await?;
        // The other streams of its transaction are not read: if it asks for one, the result is unknown.
        let others = OtherStates::unknown();
        let context = CommandContext::new(before, commit.metadata.as_ref().clone()).beside(others.clone());
        let decide = || -> Result<Option<Vec<StoredEvent>>, EncodeError> {
            let mut events = Vec::new();
            let decided = caught(|| state.aggregate.decide(command, &context, &mut events));
            let Ok(decided) = decided else { return Ok(None) };
            match decided {
                Ok(()) => events.iter().map(A::encode).collect::<Result<_, _>>().map(Some),
                Err(_) => Ok(None),
            }
        };
        let (first, second) = (decide()?, decide()?);
        if first != second || others.were_asked_for() {
            return Ok(Match::Unknown);
        }
        let stored = decode::<A>(&mut commit.clone())?;
        let stored = stored.iter().map(A::encode).collect::<Result<Vec<_>, _>>()?;
        Ok(if first.as_ref() == Some(&stored) { Match::Same } else { Match::Other })
    }
}

/// Whether two commits may belong to the same transaction, or both to none. The streams and the commands must be the
/// same; only the order of lists in the commands may differ.
fn is_same_transaction(ours: &Metadata, stored: &Metadata) -> bool {
    let content = |metadata: &Metadata| {
        metadata
            .transaction
            .as_deref()
            .map(|digest| digest.split_once('-').map_or(digest, |(content, _)| content).to_owned())
    };
    content(ours) == content(stored)
}
