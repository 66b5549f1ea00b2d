use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Settings;
use crate::cache::Cache;
use crate::key::StreamKey;
use crate::snapshot::DynSnapshotStore;
use crate::version::Version;

/// The snapshots of an app. No failure here is an error: the stream has everything.
pub(crate) struct SnapshotShelf {
    pub(crate) store: Box<dyn DynSnapshotStore>,
    /// The versions of the snapshots that were read or written last: the tail of a stream begins there.
    seen: Cache<StreamKey, Version>,
    pub(crate) command_ids: usize,
    /// The largest state that a commit carries; 0 turns this off.
    pub(crate) carried_bytes: usize,
    /// The aggregates whose last snapshot was found in the snapshot store, and not in a commit.
    apart: Mutex<HashSet<&'static str>>,
    /// The aggregates with a snapshot that was too large, so that this is logged once.
    pub(crate) unfit: Mutex<HashSet<&'static str>>,
}

impl SnapshotShelf {
    pub(crate) fn new(store: Box<dyn DynSnapshotStore>, settings: &Settings, keeps_states: bool) -> Self {
        Self {
            store,
            seen: Cache::new(settings.cached_states),
            // The last commit proves that snapshot and stream belong together.
            command_ids: settings.snapshot_command_ids.max(1),
            carried_bytes: if keeps_states { settings.state_in_commit_bytes } else { 0 },
            apart: Mutex::default(),
            unfit: Mutex::default(),
        }
    }

    /// The version of the last known snapshot; [`Version::NONE`] if it is unknown.
    pub(crate) fn last_seen(&self, stream: &StreamKey) -> Version {
        self.seen.get(stream).unwrap_or(Version::NONE)
    }

    pub(crate) fn saw(&self, stream: &StreamKey, version: Version) {
        if version.is_none() {
            self.seen.remove(stream);
        } else {
            self.seen.insert(stream.clone(), version);
        }
    }
}

impl SnapshotShelf {
    /// Whether to look for a snapshot first in the snapshot store.
    pub(crate) fn is_apart(&self, aggregate: &'static str) -> bool {
        self.carried_bytes == 0
            || self.apart.lock().unwrap_or_else(PoisonError::into_inner).contains(aggregate)
    }

    pub(crate) fn note_apart(&self, aggregate: &'static str) {
        self.apart.lock().unwrap_or_else(PoisonError::into_inner).insert(aggregate);
    }

    pub(crate) fn note_carried(&self, aggregate: &'static str) {
        self.apart.lock().unwrap_or_else(PoisonError::into_inner).remove(aggregate);
    }
}

impl fmt::Debug for SnapshotShelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotShelf").field("seen", &self.seen).finish_non_exhaustive()
    }
}
