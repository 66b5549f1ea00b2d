//! What a process keeps in memory so that it need not be read again, up to a given number of entries.

use std::convert::Infallible;
use std::fmt;
use std::hash::Hash;

use quick_cache::sync::DefaultLifecycle;
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};

/// How much of a full cache is for keys that were requested again after some time; the rest is for new keys. A stream
/// that was just written is likely to be written again, so the new ones get a quarter, and not the 3% that
/// `quick_cache` gives them. Places for new keys are taken from those that are requested again and again.
///
/// Shares of hits, 10,000 places; new: streams that are written five times each, 1,000 of them in turns (0.8 at most);
/// often: 100,000 streams, requested by Zipf's law.
///
/// | for those requested again | new | often | new, beside often | often, beside new | often, beside a scan of all |
/// | ---: | ---: | ---: | ---: | ---: | ---: |
/// | 0.97 | 0.65 | 0.78 | 0.69 | 0.64 | 0.78 |
/// | 0.9 | 0.70 | 0.77 | 0.77 | 0.64 | 0.77 |
/// | 0.75 | 0.72 | 0.77 | 0.80 | 0.66 | 0.76 |
/// | 0.5 | 0.67 | 0.75 | 0.80 | 0.66 | 0.72 |
const HOT: f64 = 0.75;

/// The values of the keys that were requested last or most often, at most a given number; none for 0.
pub(crate) struct Cache<K, V>(quick_cache::sync::Cache<K, V>);

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(capacity: u64) -> Self {
        let places = usize::try_from(capacity).unwrap_or(usize::MAX);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(places)
            .weight_capacity(capacity)
            .hot_allocation(HOT)
            .build();
        Self(match options {
            Ok(options) => quick_cache::sync::Cache::with_options(
                options,
                UnitWeighter,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            // It fails if a capacity is missing.
            Err(_) => quick_cache::sync::Cache::new(places),
        })
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

    /// The value of a key. Callers at the same time get the same value. If a value is evicted while it is still held,
    /// the next caller gets a new one.
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: u64 = 1_000;
    /// As a power of two.
    const OFTEN: u32 = 13;

    /// The requests: for streams that are written often, and for new ones that are written five times each.
    struct Streams {
        random: fastrand::Rng,
        /// The new streams that are being written, and how often each was written.
        at_work: Vec<(u64, u32)>,
        next: u64,
    }

    impl Streams {
        fn new() -> Self {
            Self { random: fastrand::Rng::with_seed(7), at_work: Vec::new(), next: 1 << OFTEN }
        }

        /// By Zipf's law: one of the next two is as likely as one of the next four.
        fn often(&mut self) -> u64 {
            let size = 1 << self.random.u32(..OFTEN);
            size + self.random.u64(..size)
        }

        fn just_begun(&mut self) -> u64 {
            while self.at_work.len() < 100 {
                self.at_work.push((self.next, 0));
                self.next += 1;
            }
            let place = self.random.usize(..self.at_work.len());
            let (stream, writes) = &mut self.at_work[place];
            *writes += 1;
            let (stream, is_done) = (*stream, *writes == 5);
            if is_done {
                self.at_work.swap_remove(place);
            }
            stream
        }
    }

    /// Whether it was there.
    fn ask(cache: &Cache<u64, u64>, stream: u64) -> u32 {
        let found = cache.get(&stream);
        if found.is_none() {
            cache.insert(stream, stream);
        }
        u32::from(found.is_some())
    }

    fn share(hits: u32, rounds: u32) -> f64 {
        f64::from(hits) / f64::from(rounds)
    }

    #[test]
    fn a_full_cache_keeps_a_new_stream_while_it_is_written() {
        let (cache, mut streams, rounds) = (Cache::new(PLACES), Streams::new(), 40_000);
        for _ in 0..rounds {
            ask(&cache, streams.often());
        }
        let (mut new, mut often) = (0, 0);
        for _ in 0..rounds {
            new += ask(&cache, streams.just_begun());
            often += ask(&cache, streams.often());
        }
        // Four of five writes find the stream, or nearly so, and those that are written often stay.
        let (new, often) = (share(new, rounds), share(often, rounds));
        assert!(new > 0.77 && often > 0.5, "new: {new}, often: {often}");
    }

    #[test]
    fn a_scan_does_not_push_out_what_is_asked_for_often() {
        let (calm, scanned, mut streams, rounds) =
            (Cache::new(PLACES), Cache::new(PLACES), Streams::new(), 40_000);
        let (mut before, mut after) = (0, 0);
        for round in 0..rounds {
            let stream = streams.often();
            before += ask(&calm, stream);
            after += ask(&scanned, stream);
            ask(&scanned, u64::from(round) % (1 << OFTEN));
        }
        let (before, after) = (share(before, rounds), share(after, rounds));
        assert!(after > 0.95 * before, "before: {before}, beside a scan: {after}");
    }

    #[test]
    fn a_cache_without_places_keeps_nothing() {
        let cache = Cache::new(0);
        assert_eq!((ask(&cache, 1), ask(&cache, 1)), (0, 0));
    }
}
