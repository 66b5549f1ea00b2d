use std::any::Any;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::cache::Cache;
use crate::key::StreamKey;

/// One stream's place in the cache: its lock, and its state where it is known.
#[derive(Default)]
pub(crate) struct Slot(Option<Box<dyn Any + Send + Sync>>);

impl Slot {
    /// Takes the state out. It goes back in only after the command is through, so that a cancelled or
    /// panicking one leaves nothing half-applied behind.
    pub(crate) fn take<S: Any + Send + Sync>(&mut self) -> Option<S> {
        self.0.take()?.downcast().ok().map(|state| *state)
    }

    pub(crate) fn put<S: Any + Send + Sync>(&mut self, state: S) {
        self.0 = Some(Box::new(state));
    }
}

/// The states in memory, and the locks that let commands on one key run one after another.
///
/// An evicted slot that somebody still holds is no harm: two commands on one key may then meet at the store.
#[derive(Debug)]
pub(crate) struct StateCache(Cache<StreamKey, Arc<Mutex<Slot>>>);

impl StateCache {
    pub(crate) fn new(capacity: u64) -> Self {
        Self(Cache::new(capacity))
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn slot(&self, stream: &StreamKey) -> Arc<Mutex<Slot>> {
        self.0.get_or_default(stream)
    }
}
