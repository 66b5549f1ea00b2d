//! The row that `#[event_handler]` registers through `inventory`.

use std::time::Duration;

use super::{HandlerArm, Need};
use crate::location::Location;

/// How many streams a subscriber works on at the same time, where it does not say so itself.
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
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl HandlerRow {
    /// A handler by its name, its events, and what it needs.
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

    /// The same handler, working on so many streams at a time.
    #[must_use]
    pub const fn concurrency(mut self, streams: usize) -> Self {
        self.concurrency = streams;
        self
    }

    /// The same handler, with so much time for one event.
    #[must_use]
    pub const fn timeout_millis(mut self, millis: u64) -> Self {
        self.timeout = Some(Duration::from_millis(millis));
        self
    }
}

inventory::collect!(HandlerRow);
