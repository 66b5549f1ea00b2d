use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::runtime::{IntoStores, Stores};
use crate::snapshot::DynSnapshotStore;
use crate::store::{DynChangeFeed, DynDeliveryStore, DynEventStore};
use crate::view::DynViewStore;

/// Empty stores to test, with values that must live as long as the stores.
///
/// ```
/// use cqrs_core::conformance::Candidate;
/// use cqrs_core::store::MemoryEventStore;
///
/// async fn open() -> Candidate {
///     let folder = "a temporary folder, which goes when it is dropped".to_owned();
///     Candidate::new(MemoryEventStore::new()).keep(folder)
/// }
/// ```
pub struct Candidate {
    stores: Arc<Stores>,
    /// Dropped after the stores.
    kept: Vec<Box<dyn Any>>,
}

impl Candidate {
    /// Stores to which nothing has been written.
    pub fn new(stores: impl IntoStores) -> Self {
        Self { stores: Arc::new(stores.into_stores()), kept: Vec::new() }
    }

    /// Keeps a value until the test has ended.
    #[must_use]
    pub fn keep(mut self, what: impl Any) -> Self {
        self.kept.push(Box::new(what));
        self
    }

    pub(super) fn stores(&self) -> Arc<Stores> {
        Arc::clone(&self.stores)
    }

    pub(super) fn events(&self) -> &dyn DynEventStore {
        &*self.stores.events
    }

    pub(super) fn delivery(&self) -> &dyn DynDeliveryStore {
        &*self.stores.delivery
    }

    pub(super) fn feed(&self) -> Box<dyn DynChangeFeed> {
        let open = self.stores.feed.as_deref();
        open.expect("the stores have no feed to test; give them one with `Stores::feed`")()
    }

    pub(super) fn views(&self) -> &dyn DynViewStore {
        let views = self.stores.views.as_deref();
        views.expect("the stores have no view store to test; give them one with `Stores::views`")
    }

    pub(super) fn snapshots(&self) -> &dyn DynSnapshotStore {
        let snapshots = self.stores.snapshots.as_deref();
        snapshots.expect("the stores have no snapshot store to test; give them one with `Stores::snapshots`")
    }
}

impl<S: IntoStores> From<S> for Candidate {
    fn from(stores: S) -> Self {
        Self::new(stores)
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("stores", &self.stores).finish_non_exhaustive()
    }
}
