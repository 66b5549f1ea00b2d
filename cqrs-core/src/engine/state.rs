use std::mem::take;

use super::Loaded;
use super::command_ids::CommandIds;
use super::rival::Rival;
use crate::aggregate::{Aggregate, unapplied};
use crate::commit::{Commit, CorruptCommit, StoredEvent};
use crate::event::DecodeError;
use crate::metadata::Metadata;
use crate::panic::{caught, tried};
use crate::schema::SchemaNumber;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The fold of a stream, and what the engine remembers of its commits.
pub(crate) struct State<A> {
    pub(crate) aggregate: A,
    pub(crate) version: Version,
    /// The latest time of a commit.
    pub(crate) last_at: Option<Timestamp>,
    /// The latest time that came from a clock: the next one from a clock may not lie before it.
    pub(crate) clock_at: Option<Timestamp>,
    pub(crate) command_ids: CommandIds,
    /// The version of the last known snapshot; [`Version::NONE`] if there is none.
    pub(crate) snapshot_at: Version,
    /// The version at which it was last checked whether a commit can carry the state.
    pub(crate) looked_at: Version,
    /// Whether the state is too large for its commits, so that the snapshot store has it.
    pub(crate) apart: bool,
    /// Whether the state was folded from too many commits: the next commit carries it, whatever that costs.
    pub(crate) overdue: bool,
    pub(crate) rival: Rival,
}

impl<A: Aggregate> State<A> {
    pub(crate) fn empty() -> Self {
        Self {
            aggregate: A::initial(),
            version: Version::NONE,
            last_at: None,
            clock_at: None,
            command_ids: CommandIds::default(),
            snapshot_at: Version::NONE,
            looked_at: Version::NONE,
            apart: false,
            overdue: false,
            rival: Rival::default(),
        }
    }

    /// Folds a stored commit. After an error the state is unusable.
    pub(crate) fn fold(&mut self, mut commit: Commit) -> Result<(), StoreError> {
        self.check_next(&commit)?;
        let mut at = 0;
        let folded = tried(|| {
            for (index, event) in commit.events.iter_mut().enumerate() {
                at = index;
                let number = event.number();
                self.aggregate.fold(&event.name, number, take(&mut event.data))?;
            }
            Ok(())
        });
        if let Err(reason) = folded {
            return Err(refused(&mut commit, at, reason));
        }
        self.note(&commit);
        // The writer of this commit had to store the state.
        if A::SNAPSHOTS.is_some_and(|snapshots| commit.version.get().is_multiple_of(snapshots.every)) {
            self.snapshot_at = commit.version;
        }
        Ok(())
    }

    /// Folds events that are about to be stored, so that no event is stored that cannot be folded.
    ///
    /// # Errors
    /// The place of the event whose fold panicked, and the panic's text. The state is unusable then.
    pub(crate) fn try_apply(&mut self, events: &[A::Event]) -> Result<(), (usize, String)> {
        for (index, event) in events.iter().enumerate() {
            caught(|| self.aggregate.apply(event)).map_err(|text| (index, text))?;
        }
        Ok(())
    }

    /// Takes in a commit whose events have been folded.
    pub(crate) fn note(&mut self, commit: &Commit) {
        self.version = commit.version;
        self.clock_at = self.clock_at_with(&commit.metadata);
        self.last_at = self.last_at.max(Some(commit.metadata.created_at));
        self.command_ids.push(&commit.metadata.command_id, commit.version);
    }

    /// Notes that the snapshot store has the state from now on.
    pub(crate) fn keep_apart(&mut self) {
        self.apart = true;
        self.overdue = false;
    }

    /// The latest time from a clock, including that of one more commit.
    pub(crate) fn clock_at_with(&self, metadata: &Metadata) -> Option<Timestamp> {
        // A time that differs from that of recording was moved forward to keep the order, or was given with `.at(…)`.
        // The latter may be any time, and does not bind later commits.
        match metadata.recorded_at {
            None => self.clock_at.max(Some(metadata.created_at)),
            Some(_) => self.clock_at,
        }
    }

    fn check_next(&self, commit: &Commit) -> Result<(), StoreError> {
        let expected = self.version.next();
        if commit.version == expected {
            return Ok(());
        }
        Err(CorruptCommit::behind_gap(commit, expected).into())
    }
}

impl<A: Aggregate> From<State<A>> for Loaded<A> {
    fn from(state: State<A>) -> Self {
        Self { state: state.aggregate, version: state.version }
    }
}

/// Takes the events out of a commit.
pub(crate) fn decode<A: Aggregate>(commit: &mut Commit) -> Result<Vec<A::Event>, StoreError> {
    let mut at = 0;
    let decoded = tried(|| {
        let decode = |(index, event): (usize, &mut StoredEvent)| {
            at = index;
            match A::EVENTS.iter().find(|row| row.id.is_stored_as(&event.name)) {
                Some(row) => (row.decode)(event.number(), take(&mut event.data)),
                None => Err(unapplied::<A>()),
            }
        };
        commit.events.iter_mut().enumerate().map(decode).collect()
    });
    let decoded = decoded.map_err(|reason| refused(commit, at, reason));
    commit.events.clear();
    decoded
}

/// Why an event of a commit could not be taken.
#[cold]
fn refused(commit: &mut Commit, index: usize, reason: String) -> StoreError {
    let (name, number) = match commit.events.get_mut(index) {
        Some(event) => (take(&mut event.name), event.number()),
        None => (String::new(), SchemaNumber::new(0, 0)),
    };
    DecodeError::new(commit, index, name, number, reason).into()
}
