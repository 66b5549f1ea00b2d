use std::error::Error;
use std::sync::PoisonError;

use serde_json::Value;

use super::command_ids::CommandIds;
use super::rival::Rival;
use super::state::State;
use crate::aggregate::{Aggregate, Snapshots, fingerprint};
use crate::commit::Commit;
use crate::json::unreadable;
use crate::key::StreamKey;
use crate::panic::tried;
use crate::runtime::SnapshotShelf;
use crate::snapshot::{EarlierIds, StoredSnapshot};
use crate::store::{StoreError, limits};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// Follows the fingerprint of a snapshot that has digests of command ids. An earlier release would not look for them,
/// and would execute those commands again. With this mark it takes the snapshot for one of another fold.
const WITH_DIGESTS: char = '+';

/// A snapshot of this program's own fold, not yet compared with the stream.
pub(super) struct Opened<A> {
    pub(super) aggregate: A,
    pub(super) version: Version,
    pub(super) last_at: Timestamp,
    pub(super) clock_at: Option<Timestamp>,
    pub(super) command_ids: Vec<String>,
    pub(super) earlier_ids: EarlierIds,
    pub(super) place: Place,
}

/// Where a snapshot was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the item of its commit.
    Commit,
    /// In the snapshot store; whether it is too large for a commit.
    Store { is_large: bool },
}

impl<A: Aggregate> Opened<A> {
    /// The state, if the commit at the snapshot's version is the one that it was taken after. It is another one, or
    /// missing, if the events table was restored from a backup and the snapshots were not.
    pub(super) fn state_after(self, stream: &StreamKey, commit: Option<&Commit>) -> Option<State<A>> {
        let follows = commit.is_some_and(|commit| {
            self.version == commit.version && self.command_ids.last() == Some(&commit.metadata.command_id)
        });
        if !follows {
            tracing::warn!(
                pk = stream.pk(),
                sk = stream.sk(),
                aggregate = A::NAME,
                version = self.version.get(),
                "the snapshot does not belong to the stream, and is ignored; was the events table restored?"
            );
            return None;
        }
        Some(self.into_state())
    }

    pub(super) fn into_state(self) -> State<A> {
        State {
            aggregate: self.aggregate,
            version: self.version,
            last_at: Some(self.last_at),
            // Only snapshots of earlier releases lack it.
            clock_at: self.clock_at.or(Some(self.last_at).filter(|_| self.place != Place::Commit)),
            command_ids: CommandIds::up_to(self.version, &self.command_ids, self.earlier_ids),
            snapshot_at: self.version,
            looked_at: self.version,
            apart: self.place == Place::Store { is_large: true },
            overdue: false,
            rival: Rival::default(),
        }
    }
}

impl SnapshotShelf {
    /// The snapshot of a stream, if there is one of this program's own fold.
    pub(super) async fn open<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        stream: &StreamKey,
    ) -> Option<Opened<A>> {
        let stored = match self.store.get(stream).await {
            Ok(stored) => stored?,
            Err(error) => {
                warn(A::NAME, stream, &error, "the snapshot cannot be read; the whole stream is read");
                return None;
            }
        };
        let own = stored.fingerprint.strip_suffix(WITH_DIGESTS).unwrap_or(&stored.fingerprint);
        if own != fingerprint::<A>() {
            tracing::debug!(
                pk = stream.pk(),
                sk = stream.sk(),
                aggregate = A::NAME,
                version = stored.version.get(),
                "the snapshot is of another fold, and ignored"
            );
            return None;
        }
        let StoredSnapshot { version, state, command_ids, earlier_ids, last_at, clock_at, .. } = stored;
        let is_large = self.carried_bytes == 0 || limits::value_size(&state) > self.carried_bytes;
        match decode_state(snapshots, state) {
            Ok(aggregate) => Some(Opened {
                aggregate,
                version,
                last_at,
                clock_at,
                command_ids,
                earlier_ids,
                place: Place::Store { is_large },
            }),
            Err(reason) => {
                let error: Box<dyn Error + Send + Sync> = reason.into();
                warn(A::NAME, stream, &*error, "the snapshot cannot be decoded; the whole stream is read");
                None
            }
        }
    }

    /// The snapshot to write into the snapshot store after a commit of this program that does not carry its state. The
    /// state remembers it as written: a write that fails now is not tried again with every command.
    pub(super) fn take_due<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        stream: &StreamKey,
        state: &mut State<A>,
    ) -> Option<StoredSnapshot> {
        if self.carried_bytes > 0 && !state.apart {
            return None;
        }
        let version = state.version.get();
        let since = version.saturating_sub(state.snapshot_at.get());
        if since < snapshots.every && !version.is_multiple_of(snapshots.every) {
            return None;
        }
        state.snapshot_at = state.version;
        state.overdue = false;
        let encoded = self.encode(snapshots, stream, &state.aggregate)?;
        let (command_ids, earlier_ids) = state.command_ids.last(self.command_ids, self.ids_with(snapshots));
        let mut fingerprint = fingerprint::<A>();
        if !earlier_ids.is_empty() {
            fingerprint.push(WITH_DIGESTS);
        }
        Some(StoredSnapshot {
            stream: stream.clone(),
            version: state.version,
            state: encoded,
            fingerprint,
            command_ids,
            earlier_ids,
            last_at: state.last_at?,
            clock_at: state.clock_at,
        })
    }

    /// How many command ids are kept with a state.
    pub(super) fn ids_with<A>(&self, snapshots: &Snapshots<A>) -> usize {
        if snapshots.keeps_all_ids { usize::MAX } else { self.command_ids }
    }

    /// The state as it is stored; `None` if it cannot be stored.
    pub(super) fn encode<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        stream: &StreamKey,
        aggregate: &A,
    ) -> Option<Value> {
        match tried(|| (snapshots.encode)(aggregate)) {
            Ok(encoded) => Some(encoded),
            Err(reason) => {
                let mut unfit = self.unfit.lock().unwrap_or_else(PoisonError::into_inner);
                if unfit.insert(A::NAME) {
                    tracing::warn!(
                        pk = stream.pk(),
                        sk = stream.sk(),
                        aggregate = A::NAME,
                        reason,
                        "the state cannot be stored, so no snapshot is written; this is said once"
                    );
                }
                None
            }
        }
    }

    pub(super) async fn write<A: Aggregate>(&self, snapshot: &StoredSnapshot) {
        let stream = &snapshot.stream;
        match self.store.put(snapshot).await {
            Ok(()) => {
                self.saw(stream, snapshot.version);
                self.note_apart(A::NAME);
            }
            Err(error @ StoreError::TooLarge { .. }) => {
                let mut unfit = self.unfit.lock().unwrap_or_else(PoisonError::into_inner);
                if unfit.insert(A::NAME) {
                    warn(A::NAME, stream, &error, "the snapshot is not written; this is said once");
                }
            }
            Err(error) => warn(A::NAME, stream, &error, "the snapshot is not written"),
        }
    }
}

pub(super) fn decode_state<A>(snapshots: &Snapshots<A>, state: Value) -> Result<A, String> {
    tried(|| (snapshots.decode)(state).map_err(|error| unreadable(&error)))
}

fn warn(aggregate: &str, stream: &StreamKey, error: &(dyn Error + 'static), message: &str) {
    tracing::warn!(pk = stream.pk(), sk = stream.sk(), aggregate, error, "{message}");
}
