use std::sync::Arc;

use super::App;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::runtime::{Arrivals, KnownEditions, Probe, ReservedFields, Runtime, Settings, Stores};
use crate::view::RecentWrites;

impl App {
    /// The same program on these stores and by this clock, with nothing in memory, as after a restart.
    pub(crate) fn twin(&self, stores: Stores, settings: Settings, probe: &Arc<Probe>, clock: &Clock) -> Self {
        let old = &self.delivery.runtime;
        let runtime = Runtime {
            stores,
            snapshots: None,
            provided: Arc::clone(&old.provided),
            wiring: old.wiring.clone(),
            index: old.index.clone(),
            view_keys: Arc::clone(&old.view_keys),
            states: Cache::new(settings.cached_states),
            recent_writes: RecentWrites::new(settings.cached_views),
            reserved: ReservedFields::default(),
            arrivals: Arrivals::default(),
            editions: KnownEditions::default(),
            settings,
            clock: clock.clone(),
            has_timers: old.has_timers,
            probe: Some(Arc::clone(probe)),
        };
        Self { delivery: Arc::new(self.delivery.restarted(runtime)), cause: None }
    }
}
