use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::aggregate::AggregateKey;
use crate::key::StreamKey;

/// A state of an aggregate of whatever type.
type Erased = Arc<dyn Any + Send + Sync>;

/// The states that a transaction has read beside those that its commands change. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct OtherStates(Option<Arc<Vec<(StreamKey, Erased)>>>);

impl OtherStates {
    pub(crate) fn new(states: Vec<(StreamKey, Erased)>) -> Self {
        Self((!states.is_empty()).then(|| Arc::new(states)))
    }

    /// The states, in the order in which they were given; none where somebody has a clone.
    pub(crate) fn into_states(self) -> Option<Vec<Erased>> {
        let states = Arc::into_inner(self.0?)?;
        Some(states.into_iter().map(|(_, state)| state).collect())
    }

    pub(crate) fn with(self, stream: StreamKey, state: Erased) -> Self {
        let mut states = self.0.map(Arc::unwrap_or_clone).unwrap_or_default();
        states.retain(|(other, _)| *other != stream);
        states.push((stream, state));
        Self::new(states)
    }

    pub(crate) fn get<K: AggregateKey>(&self, key: &K) -> Option<&K::Aggregate> {
        let stream = key.stream().ok()?;
        let (_, state) = self.0.as_ref()?.iter().find(|(other, _)| *other == stream)?;
        state.downcast_ref()
    }
}

impl fmt::Debug for OtherStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().flat_map(|states| states.iter().map(|(stream, _)| stream)))
            .finish()
    }
}
