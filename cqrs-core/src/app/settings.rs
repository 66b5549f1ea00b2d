use std::time::Duration;

use crate::delivery::RetryPolicy;

/// What can be tuned. The defaults are meant for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How many states of aggregates are kept in memory; 0 turns the cache off. Default 10,000.
    pub cached_states: u64,
    /// How many views that this process wrote last are kept in memory, so that a projection writes on without a
    /// read, and as many fences; 0 turns the cache off. Default 10,000.
    pub cached_views: u64,
    /// How a command is tried again after conflicts, and a stream of a replay that others write to. Default 10 times, up to
    /// 2 seconds apart.
    pub conflict: RetryPolicy,
    /// How a subscriber tries a commit again before it becomes a dead letter. Default 5 times, up to 5 seconds
    /// apart.
    pub delivery: RetryPolicy,
    /// How long `run` waits before it reads an empty feed again. Default 250 milliseconds.
    pub poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cached_states: 10_000,
            cached_views: 10_000,
            conflict: RetryPolicy {
                attempts: 10,
                base: Duration::from_millis(10),
                cap: Duration::from_secs(2),
            },
            delivery: RetryPolicy {
                attempts: 5,
                base: Duration::from_millis(100),
                cap: Duration::from_secs(5),
            },
            poll: Duration::from_millis(250),
        }
    }
}
