use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{SnapshotStore, StoredSnapshot};
use crate::key::StreamKey;
use crate::store::{StoreError, limits};

/// A snapshot store in memory, for tests. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemorySnapshotStore {
    content: Arc<Mutex<HashMap<StreamKey, StoredSnapshot>>>,
}

impl MemorySnapshotStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn content(&self) -> MutexGuard<'_, HashMap<StreamKey, StoredSnapshot>> {
        // Every change is one insertion, so a panicking holder leaves consistent data behind.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SnapshotStore for MemorySnapshotStore {
    async fn get(&self, stream: &StreamKey) -> Result<Option<StoredSnapshot>, StoreError> {
        Ok(self.content().get(stream).cloned())
    }

    async fn put(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        limits::check(&snapshot.record())?;
        let mut content = self.content();
        let stored = content.get(&snapshot.stream);
        if stored.is_none_or(|stored| stored.version < snapshot.version) {
            content.insert(snapshot.stream.clone(), snapshot.clone());
        }
        Ok(())
    }
}
