use std::sync::Arc;

use super::state::StateCache;
use super::{App, Inner, Probe, Settings};
use crate::delivery::Subscriber;
use crate::delivery_store::DynDeliveryStore;
use crate::store::DynEventStore;
use crate::view::{DynViewStore, RecentWrites};

/// Where a [twin](App::twin) keeps what it does.
pub(crate) struct Stores {
    pub(crate) events: Box<dyn DynEventStore>,
    pub(crate) views: Box<dyn DynViewStore>,
    pub(crate) ledger: Box<dyn DynDeliveryStore>,
}

impl App {
    /// The same program with nothing in memory, as after a restart, on these stores.
    pub(crate) fn twin(&self, stores: Stores, settings: Settings, probe: &Arc<Probe>) -> Self {
        let old = &self.inner;
        let inner = Inner {
            store: stores.events,
            ledger: stores.ledger,
            views: Some(stores.views),
            // What they hold is in the stream, too.
            snapshots: None,
            provided: Arc::clone(&old.provided),
            wiring: old.wiring.clone(),
            subscribers: old.subscribers.iter().map(|one| Arc::new(Subscriber::restarted(one))).collect(),
            parked: old.parked.keys().map(|name| (*name, Arc::default())).collect(),
            aggregates: old.aggregates.clone(),
            view_keys: Arc::clone(&old.view_keys),
            states: StateCache::new(settings.cached_states),
            recent_writes: RecentWrites::new(settings.cached_views),
            settings,
            probe: Some(Arc::clone(probe)),
        };
        Self { inner: Arc::new(inner), cause: None }
    }
}
