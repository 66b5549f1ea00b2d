use std::error::Error;
use std::sync::PoisonError;

use super::command_ids::CommandIds;
use super::state::State;
use crate::aggregate::{Aggregate, Snapshots, fingerprint};
use crate::commit::Commit;
use crate::json::unreadable;
use crate::key::StreamKey;
use crate::panic::tried;
use crate::runtime::SnapshotShelf;
use crate::snapshot::StoredSnapshot;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A snapshot of this program's own fold, not yet compared with the stream.
pub(super) struct Opened<A> {
    aggregate: A,
    pub(super) version: Version,
    pub(super) last_at: Timestamp,
    clock_at: Option<Timestamp>,
    command_ids: Vec<String>,
}

impl<A: Aggregate> Opened<A> {
    /// The state, if the commit at the snapshot's version is the one that it was taken after. It is another one, or
    /// none, where the events table was restored from a backup, and the snapshots were not.
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
        Some(State {
            aggregate: self.aggregate,
            version: self.version,
            last_at: Some(self.last_at),
            clock_at: self.clock_at.or(Some(self.last_at)),
            command_ids: CommandIds::up_to(self.version, &self.command_ids),
            snapshot_at: self.version,
        })
    }
}

impl SnapshotShelf {
    /// The snapshot of a stream, where there is one of this program's own fold.
    pub(super) async fn open<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        stream: &StreamKey,
    ) -> Option<Opened<A>> {
        let stored = match self.store.get(stream).await {
            Ok(stored) => stored?,
            Err(error) => {
                warn(A::NAME, stream, &error, "the snapshot cannot be read; the whole stream is");
                return None;
            }
        };
        if stored.fingerprint != fingerprint::<A>() {
            tracing::debug!(
                pk = stream.pk(),
                sk = stream.sk(),
                aggregate = A::NAME,
                version = stored.version.get(),
                "the snapshot is of another fold, and ignored"
            );
            return None;
        }
        let StoredSnapshot { version, state, command_ids, last_at, clock_at, .. } = stored;
        match tried(|| (snapshots.decode)(state).map_err(|error| unreadable(&error))) {
            Ok(aggregate) => Some(Opened { aggregate, version, last_at, clock_at, command_ids }),
            Err(reason) => {
                let error: Box<dyn Error + Send + Sync> = reason.into();
                warn(A::NAME, stream, &*error, "the snapshot cannot be decoded; the whole stream is read");
                None
            }
        }
    }

    /// What is to be written after a commit of this program. The state remembers it as written: what fails now is not
    /// tried again with every command.
    pub(super) fn take_due<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        stream: &StreamKey,
        state: &mut State<A>,
    ) -> Option<StoredSnapshot> {
        let version = state.version.get();
        let since = version.saturating_sub(state.snapshot_at.get());
        if since < snapshots.every && !version.is_multiple_of(snapshots.every) {
            return None;
        }
        state.snapshot_at = state.version;
        let encoded = match tried(|| (snapshots.encode)(&state.aggregate)) {
            Ok(encoded) => encoded,
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
                return None;
            }
        };
        Some(StoredSnapshot {
            stream: stream.clone(),
            version: state.version,
            state: encoded,
            fingerprint: fingerprint::<A>(),
            command_ids: state.command_ids.last(self.command_ids),
            last_at: state.last_at?,
            clock_at: state.clock_at,
        })
    }

    pub(super) async fn write<A: Aggregate>(&self, snapshot: &StoredSnapshot) {
        let stream = &snapshot.stream;
        match self.store.put(snapshot).await {
            Ok(()) => self.saw(stream, snapshot.version),
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

fn warn(aggregate: &str, stream: &StreamKey, error: &(dyn Error + 'static), message: &str) {
    tracing::warn!(pk = stream.pk(), sk = stream.sk(), aggregate, error, "{message}");
}
