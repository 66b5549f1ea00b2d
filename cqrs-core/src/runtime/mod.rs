//! What a program runs on: the stores, the index of its events, its caches and its settings.
//!
//! [`App`](crate::App) is the front of one runtime. The rooms below it, the engine, the projector, the delivery and the replay,
//! get only the runtime.

mod answers;
mod arrivals;
mod cause;
mod editions;
mod index;
mod probe;
mod reserved;
mod retry;
mod settings;
mod snapshots;
mod stores;
mod view_keys;
mod wiring;

pub use retry::RetryPolicy;
pub use settings::Settings;
pub use stores::{IntoStores, Stores};
pub use wiring::{SubscriberKind, Wiring, WiringCommand, WiringEvent, WiringSubscriber};

pub(crate) use answers::{Elsewhere, Failed};
pub(crate) use arrivals::Arrivals;
pub(crate) use cause::{Cause, Naming};
pub(crate) use editions::KnownEditions;
pub(crate) use index::EventIndex;
pub(crate) use probe::{Due, Probe, Sent, Told};
pub(crate) use reserved::ReservedFields;
pub(crate) use snapshots::SnapshotShelf;
pub(crate) use view_keys::{CheckKey, ViewKeys};

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::handler::Provided;
use crate::key::StreamKey;
use crate::store::{DynChangeFeed, DynDeliveryStore, DynEventStore, RefusedKind, StoreError};
use crate::view::{DynViewStore, RecentWrites};

/// One per [`App`](crate::App), shared by all of its clones.
pub(crate) struct Runtime {
    pub(crate) stores: Stores,
    /// The snapshot store of `stores`, with its caches.
    pub(crate) snapshots: Option<SnapshotShelf>,
    pub(crate) provided: Arc<Provided>,
    pub(crate) wiring: Wiring,
    pub(crate) index: EventIndex,
    pub(crate) view_keys: Arc<ViewKeys>,
    pub(crate) states: Cache<StreamKey, Arc<Mutex<Slot>>>,
    pub(crate) recent_writes: RecentWrites,
    pub(crate) arrivals: Arrivals,
    pub(crate) editions: KnownEditions,
    pub(crate) reserved: ReservedFields,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    /// Whether commands may wait for their time.
    pub(crate) has_timers: bool,
    /// For the test kit.
    pub(crate) probe: Option<Arc<Probe>>,
}

/// One stream's cache entry: its state, if known, with the type that its aggregate gives it.
pub(crate) type Slot = Option<Box<dyn Any + Send + Sync>>;

impl Runtime {
    pub(crate) fn event_store(&self) -> &dyn DynEventStore {
        &*self.stores.events
    }

    pub(crate) fn delivery_store(&self) -> &dyn DynDeliveryStore {
        &*self.stores.delivery
    }

    /// A feed of all commits, for one delivery.
    pub(crate) fn open_feed(&self) -> Result<Box<dyn DynChangeFeed>, StoreError> {
        let open = self.stores.feed.as_deref().ok_or_else(|| {
            let reason = "the app has no change feed to deliver from; give it one with `Stores::feed`";
            StoreError::refused(RefusedKind::Unsupported, reason)
        })?;
        Ok(open())
    }

    pub(crate) fn view_store(&self) -> Result<&dyn DynViewStore, StoreError> {
        self.stores.views.as_deref().ok_or_else(|| {
            let reason = "the app has no view store; give it one with `App::builder(…).views(…)`";
            StoreError::refused(RefusedKind::Unsupported, reason)
        })
    }

    /// Clears the caches of streams and views.
    pub(crate) fn forget(&self) {
        self.states.clear();
        self.recent_writes.clear();
        self.editions.clear();
        self.reserved.clear();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("wiring", &self.wiring).finish_non_exhaustive()
    }
}
