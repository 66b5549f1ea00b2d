use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Table, PoisonError, Weak};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Fence, StoredView, ViewId};
use crate::cache::Cache;

/// What this process wrote last, so that the next write needs no read: the condition of the write checks that it is still the
/// last.
pub(crate) struct RecentWrites {
    pub(crate) views: Recent<Known<StoredView>>,
    pub(crate) fences: Recent<Known<Fence>>,
    clock: AtomicU64,
}

/// A moment in the order of this process's requests to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// An item as it is stored, as far as this process knows.
#[derive(Debug, Clone)]
pub(crate) struct Known<T> {
    pub(crate) item: T,
    /// For a fence: it had this value at this moment or later. For a view: from this moment on, at the latest, only this process
    /// has written it, up to this value.
    pub(crate) since: Moment,
}

impl RecentWrites {
    /// Caches this number of views, and as many fences.
    pub(crate) fn new(capacity: u64) -> Self {
        Self { views: Recent::new(capacity), fences: Recent::new(capacity), clock: AtomicU64::new(0) }
    }

    /// Clears the cache.
    pub(crate) fn clear(&self) {
        self.views.remembered.clear();
        self.fences.remembered.clear();
    }

    /// The moment before a request.
    pub(crate) fn before(&self) -> Moment {
        Moment(self.clock.load(Ordering::SeqCst))
    }

    /// The moment after a request: the `before` of another request is earlier, unless that one was sent after this one was
    /// answered.
    pub(crate) fn after(&self) -> Moment {
        Moment(self.clock.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

type Place<T> = Mutex<Option<T>>;

/// Items that were written last, each behind a lock, so that the writers of an item in this process take turns. There is never
/// more than one lock for an item: an entry that is evicted while its lock is held is still there for the next writer.
pub(crate) struct Recent<T> {
    remembered: Cache<ViewId, Arc<Place<T>>>,
    places: Table<Places<T>>,
}

/// All places that are held or cached.
struct Places<T> {
    by_id: HashMap<ViewId, Weak<Place<T>>>,
    /// How many there may be before dropped ones are cleaned up.
    limit: usize,
}

const FEW: usize = 64;

impl<T: Send + 'static> Recent<T> {
    fn new(capacity: u64) -> Self {
        let places = Table::new(Places { by_id: HashMap::new(), limit: FEW });
        Self { remembered: Cache::new(capacity), places }
    }

    /// The place of an item. A writer takes the item out, and puts it back only after a successful write: a write that fails or
    /// is dropped leaves nothing behind.
    pub(crate) async fn lock(&self, id: &ViewId) -> OwnedMutexGuard<Option<T>> {
        self.place(id).lock_owned().await
    }

    fn place(&self, id: &ViewId) -> Arc<Place<T>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = places.by_id.get(id).and_then(Weak::upgrade) {
            // This counts as a use, or caches it again.
            if self.remembered.get(id).is_none() {
                self.remembered.insert(id.clone(), Arc::clone(&held));
            }
            return held;
        }
        let place = Arc::<Place<T>>::default();
        places.by_id.insert(id.clone(), Arc::downgrade(&place));
        if places.by_id.len() > places.limit {
            places.by_id.retain(|_, place| place.strong_count() > 0);
            places.limit = FEW.max(2 * places.by_id.len());
        }
        self.remembered.insert(id.clone(), Arc::clone(&place));
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(sk: u32) -> ViewId {
        ViewId::new("TENANT001#TOTALS", sk.to_string())
    }

    #[tokio::test]
    async fn who_writes_an_item_does_so_alone_however_little_is_remembered() {
        for capacity in [0, 1, 100_u32] {
            let recent = Recent::<u32>::new(capacity.into());
            let mut held = recent.lock(&id(0)).await;
            for other in 1..1_000 {
                *recent.lock(&id(other)).await = Some(other);
            }
            recent.remembered.clear();
            assert!(recent.place(&id(0)).try_lock().is_err(), "{capacity}");
            *held = Some(7);
            drop(held);
            let places = recent.places.lock().unwrap().by_id.len();
            assert!(places <= 300, "{capacity}: {places} places");
        }
    }

    #[test]
    fn what_was_before_an_answer_is_earlier() {
        let writes = RecentWrites::new(0);
        let before = writes.before();
        let answered = writes.after();
        assert!(before < answered && answered <= writes.before());
    }
}
