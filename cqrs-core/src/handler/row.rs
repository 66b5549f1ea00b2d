//! The row that `#[event_handler]` registers through `inventory`.

use std::time::Duration;

use super::{HandlerArm, Need};
use crate::location::Location;

/// How many streams a subscriber works on at the same time, unless it sets the number itself.
pub(crate) const CONCURRENT_STREAMS: usize = 16;

/// A registered handler.
#[derive(Debug)]
pub struct HandlerRow {
    pub(crate) name: &'static str,
    pub(crate) arms: &'static [HandlerArm],
    pub(crate) needs: &'static [Need],
    pub(crate) queue: Option<&'static str>,
    pub(crate) once: bool,
    pub(crate) concurrency: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<OwnRetry>,
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl HandlerRow {
    /// A handler with its name, its events, and its needs.
    #[must_use]
    pub const fn new(
        name: &'static str,
        arms: &'static [HandlerArm],
        needs: &'static [Need],
        file: &'static str,
        line: u32,
    ) -> Self {
        let location = Location { file, line };
        Self {
            name,
            arms,
            needs,
            queue: None,
            once: false,
            concurrency: CONCURRENT_STREAMS,
            timeout: None,
            retry: None,
            module: "",
            location,
        }
    }

    /// The same handler with the path of its module.
    #[must_use]
    pub const fn module(mut self, path: &'static str) -> Self {
        self.module = path;
        self
    }

    /// The same handler on a queue that it shares.
    #[must_use]
    pub const fn queue(mut self, name: &'static str) -> Self {
        self.queue = Some(name);
        self
    }

    /// The same handler with an inbox.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// The same handler, working on this number of streams at a time.
    #[must_use]
    pub const fn concurrency(mut self, streams: usize) -> Self {
        self.concurrency = streams;
        self
    }

    /// The same handler, with this time limit for one event.
    #[must_use]
    pub const fn timeout_millis(mut self, millis: u64) -> Self {
        self.timeout = Some(Duration::from_millis(millis));
        self
    }

    /// The same handler, with its own retry policy.
    #[must_use]
    pub const fn retry(mut self, own: OwnRetry) -> Self {
        self.retry = Some(own);
        self
    }
}

/// The part of the retry policy that a handler sets itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnRetry {
    pub(crate) attempts: Option<u32>,
    pub(crate) base: Option<Duration>,
    pub(crate) cap: Option<Duration>,
}

impl OwnRetry {
    /// The values that it sets; the waits are in milliseconds.
    #[must_use]
    pub const fn new(attempts: Option<u32>, base: Option<u64>, cap: Option<u64>) -> Self {
        let base = match base {
            Some(millis) => Some(Duration::from_millis(millis)),
            None => None,
        };
        let cap = match cap {
            Some(millis) => Some(Duration::from_millis(millis)),
            None => None,
        };
        Self { attempts, base, cap }
    }
}

inventory::collect!(HandlerRow);
