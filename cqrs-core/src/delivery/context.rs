use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Parked, Subscriber};
use crate::runtime::{Cause, Runtime};

/// What every part of the delivery works with: the runtime, and the subscribers.
pub(crate) struct Delivery {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) subscribers: Vec<Arc<Subscriber>>,
    parked: HashMap<&'static str, Arc<Parked>>,
    pub(super) front: MakeFront,
    /// How many positions were stored.
    positions: AtomicU64,
}

/// Makes the front of the runtime through which a handler sends its commands, on behalf of an event.
pub(crate) type MakeFront = fn(&Arc<Delivery>, Arc<Cause>) -> Box<dyn Any + Send + Sync>;

impl Delivery {
    pub(crate) fn new(runtime: Runtime, subscribers: Vec<Arc<Subscriber>>, front: MakeFront) -> Self {
        let parked = subscribers.iter().map(|subscriber| (subscriber.name, Arc::default())).collect();
        Self { runtime: Arc::new(runtime), subscribers, parked, front, positions: AtomicU64::default() }
    }

    /// The same subscribers with nothing in memory, as after a restart.
    pub(crate) fn restarted(&self, runtime: Runtime) -> Self {
        let subscribers = self.subscribers.iter().map(|one| Arc::new(Subscriber::restarted(one))).collect();
        Self::new(runtime, subscribers, self.front)
    }

    /// The same runtime with its projections, and no other subscribers.
    pub(super) fn of_projections(&self) -> Self {
        Self {
            runtime: Arc::clone(&self.runtime),
            subscribers: self.projections().map(Arc::clone).collect(),
            parked: self.parked.clone(),
            front: self.front,
            positions: AtomicU64::default(),
        }
    }

    /// How many positions of subscribers were stored so far: what is before them is not delivered again.
    pub(crate) fn positions(&self) -> u64 {
        self.positions.load(Ordering::Relaxed)
    }

    pub(super) fn note_position(&self) {
        self.positions.fetch_add(1, Ordering::Relaxed);
    }

    /// The streams of a subscriber that wait behind a dead letter, as far as this process knows.
    pub(crate) fn parked(&self, subscriber: &str) -> Arc<Parked> {
        self.parked.get(subscriber).map(Arc::clone).unwrap_or_default()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subscribers = self.subscribers.iter().map(|subscriber| subscriber.name);
        f.debug_set().entries(subscribers).finish()
    }
}
