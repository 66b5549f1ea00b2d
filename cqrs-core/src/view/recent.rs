use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Fence, StoredView, ViewId};
use crate::cache::Cache;

/// What this process wrote last, so that writing on needs no read: the condition of the write decides whether it was
/// still the last.
pub(crate) struct RecentWrites {
    pub(crate) views: Recent<StoredView>,
    pub(crate) fences: Recent<Fence>,
}

impl RecentWrites {
    /// Remembers so many views, and as many fences.
    pub(crate) fn new(capacity: u64) -> Self {
        Self { views: Recent(Cache::new(capacity)), fences: Recent(Cache::new(capacity)) }
    }

    /// Forgets all of it.
    pub(crate) fn clear(&self) {
        self.views.0.clear();
        self.fences.0.clear();
    }
}

/// Items that were written last, each behind a lock, so that those who write one in this process do so one after
/// another. An evicted lock that somebody still holds is no harm: two writers may then meet at the store.
pub(crate) struct Recent<T>(Cache<ViewId, Arc<Mutex<Option<T>>>>);

impl<T: Send + 'static> Recent<T> {
    /// The place of an item. Whoever writes takes it out, and puts it back only when the write is through: a write that
    /// fails or is dropped leaves nothing behind.
    pub(crate) async fn lock(&self, id: &ViewId) -> OwnedMutexGuard<Option<T>> {
        self.0.get_or_default(id).lock_owned().await
    }
}
