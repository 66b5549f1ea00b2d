//! What a process keeps in memory so that it need not be read again: as much of it as a number says.

use std::convert::Infallible;
use std::fmt;
use std::hash::Hash;

/// The values of the keys that were asked for last or most often, so many at most; none for 0.
pub(crate) struct Cache<K, V>(quick_cache::sync::Cache<K, V>);

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(capacity: u64) -> Self {
        Self(quick_cache::sync::Cache::new(usize::try_from(capacity).unwrap_or(usize::MAX)))
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.0.get(key)
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.0.insert(key, value);
    }

    pub(crate) fn remove(&self, key: &K) {
        self.0.remove(key);
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    /// The value of a key, the same one for all who ask at the same time. One that is forgotten while somebody holds it is
    /// made anew for the next.
    pub(crate) fn get_or_default(&self, key: &K) -> V
    where
        V: Default,
    {
        let Ok(value) = self.0.get_or_insert_with(key, || Ok::<_, Infallible>(V::default()));
        value
    }
}

impl<K: Eq + Hash, V: Clone> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({})", self.0.len())
    }
}
