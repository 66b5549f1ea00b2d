use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::projection::Phase;

/// What a replay has done, including interrupted runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Replayed {
    /// The commits that were read, including those of other aggregates.
    pub commits: u64,
    /// The streams that the projection listens to.
    pub streams: u64,
    /// The views that were replaced.
    pub views: u64,
}

impl Replayed {
    pub(super) fn add(&mut self, more: Self) {
        self.commits += more.commits;
        self.streams += more.streams;
        self.views += more.views;
    }
}

/// The progress of a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Its current phase.
    pub phase: Phase,
    /// What it has done.
    pub done: Replayed,
    /// The approximate number of all commits, if the store knows it. DynamoDB updates it every six hours.
    pub total: Option<u64>,
    /// The time of this run so far.
    pub elapsed: Duration,
    /// How many commits this run has read.
    read: u64,
}

impl Progress {
    /// Commits per second in this run.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        // Exact up to 2^53 commits.
        #[expect(clippy::cast_precision_loss, reason = "a rate is for reading")]
        if seconds > 0.0 { self.read as f64 / seconds } else { 0.0 }
    }

    /// The approximate time until all commits are read; `None` if the total is unknown, or nothing has been read.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.done.commits);
        let read = u32::try_from(self.read).ok().filter(|read| *read > 0)?;
        Some(self.elapsed / read * u32::try_from(left).unwrap_or(u32::MAX))
    }
}

/// Counts what the workers of a replay do, and calls the listener.
pub(super) struct Tally<'a> {
    started: Instant,
    total: Option<u64>,
    counts: Mutex<(Replayed, u64)>,
    listener: Option<&'a (dyn Fn(Progress) + Send + Sync)>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(total: Option<u64>, listener: Option<&'a (dyn Fn(Progress) + Send + Sync)>) -> Self {
        Self { started: Instant::now(), total, counts: Mutex::default(), listener }
    }

    /// Adds what earlier runs have done.
    pub(super) fn resume(&self, done: Replayed) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).0.add(done);
    }

    /// Adds the result of one page.
    pub(super) fn add(&self, phase: Phase, more: Replayed) {
        let (done, read) = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.0.add(more);
            counts.1 += more.commits;
            *counts
        };
        if let Some(listener) = self.listener {
            listener(Progress { phase, done, total: self.total, elapsed: self.started.elapsed(), read });
        }
    }

    pub(super) fn done(&self) -> Replayed {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}
