use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::aggregate::AggregateKey;
use crate::key::StreamKey;

/// A state of an aggregate of any type.
type Erased = Arc<dyn Any + Send + Sync>;

/// The states that a transaction has read in addition to those that its commands change. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct OtherStates(Option<Arc<Shared>>);

#[derive(Default)]
struct Shared {
    states: Vec<(StreamKey, Erased)>,
    /// Whether a decision has asked for a state.
    asked: AtomicBool,
}

impl OtherStates {
    pub(crate) fn new(states: Vec<(StreamKey, Erased)>) -> Self {
        Self((!states.is_empty()).then(|| Arc::new(Shared { states, asked: AtomicBool::new(false) })))
    }

    /// No states, to find out whether a decision asks for them.
    pub(crate) fn unknown() -> Self {
        Self(Some(Arc::default()))
    }

    pub(crate) fn were_asked_for(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.asked.load(Ordering::Relaxed))
    }

    /// The states, in the order in which they were given; `None` if there is a clone.
    pub(crate) fn into_states(self) -> Option<Vec<Erased>> {
        let shared = Arc::into_inner(self.0?)?;
        Some(shared.states.into_iter().map(|(_, state)| state).collect())
    }

    pub(crate) fn with(self, stream: StreamKey, state: Erased) -> Self {
        let mut states = self.0.map(|shared| shared.states.clone()).unwrap_or_default();
        states.retain(|(other, _)| *other != stream);
        states.push((stream, state));
        Self::new(states)
    }

    pub(crate) fn get<K: AggregateKey>(&self, key: &K) -> Option<&K::Aggregate> {
        let shared = self.0.as_ref()?;
        shared.asked.store(true, Ordering::Relaxed);
        let stream = key.stream().ok()?;
        let (_, state) = shared.states.iter().find(|(other, _)| *other == stream)?;
        state.downcast_ref()
    }
}

impl fmt::Debug for OtherStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = self.0.iter().flat_map(|shared| shared.states.iter().map(|(stream, _)| stream));
        f.debug_list().entries(streams).finish()
    }
}
