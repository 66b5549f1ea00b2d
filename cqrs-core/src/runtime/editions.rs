use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::projection::Editions;
use crate::version::Version;

/// The editions of the projections as this process read them last, by the names of the views.
#[derive(Debug, Default)]
pub(crate) struct KnownEditions {
    known: Mutex<HashMap<&'static str, Known>>,
    turn: tokio::sync::Mutex<()>,
}

/// The editions of one projection at some time.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) editions: Arc<Editions>,
    /// The version of the record that they were read from.
    version: Version,
    /// When that read began.
    pub(crate) asked: Instant,
}

impl KnownEditions {
    pub(crate) fn get(&self, view: &str) -> Option<Known> {
        self.known().get(view).cloned()
    }

    /// Caches what was read, unless something newer is cached; returns what is then cached.
    pub(crate) fn note(
        &self,
        view: &'static str,
        editions: Editions,
        version: Version,
        asked: Instant,
    ) -> Arc<Editions> {
        let mut known = self.known();
        if let Some(newer) = known.get_mut(view).filter(|known| known.version >= version) {
            newer.asked = asked.max(newer.asked);
            return Arc::clone(&newer.editions);
        }
        let editions = Arc::new(editions);
        known.insert(view, Known { editions: Arc::clone(&editions), version, asked });
        editions
    }

    /// Lets one task at a time look for its own edition.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(crate) fn clear(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<&'static str, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
