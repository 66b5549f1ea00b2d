use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Verdict;
use super::failure::{Failure, FailureKind};
use super::notice::Notice;
use crate::app::Settings;
use crate::cache::Cache;
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// What a failure means for its message, as long as it may come again.
pub(super) struct Patience {
    queue: String,
    /// How often a commit's message was received here, and nothing was found against it.
    waits: Cache<(StreamKey, Version), Arc<AtomicU32>>,
    newer: Notice,
    outage: Notice,
}

/// The message of a commit.
pub(super) struct Message {
    /// Its place among the verdicts.
    pub(super) place: usize,
    pub(super) receives: u32,
    pub(super) sent_at: Option<Timestamp>,
}

/// What is to become of a commit that failed.
pub(super) enum Outcome {
    Dead,
    Again,
    Later,
}

impl Patience {
    /// Remembers the waits of so many commits.
    pub(super) fn new(queue: &str, capacity: u64) -> Self {
        Self {
            queue: queue.to_owned(),
            waits: Cache::new(capacity),
            newer: Notice::default(),
            outage: Notice::default(),
        }
    }

    pub(super) fn outcome(
        &self,
        settings: &Settings,
        failure: &Failure,
        message: &Message,
        commit: &Commit,
    ) -> Outcome {
        match failure.kind {
            FailureKind::Permanent => Outcome::Dead,
            // A receive at which nothing was found against it is no try.
            FailureKind::Passing
                if message.receives.saturating_sub(self.waited(commit)) >= settings.delivery.attempts =>
            {
                Outcome::Dead
            }
            FailureKind::Passing => Outcome::Again,
            FailureKind::Newer => match message.sent_at {
                Some(sent_at) if Timestamp::now().since(sent_at) < settings.unknown_kept => Outcome::Later,
                _ => Outcome::Dead,
            },
            FailureKind::Held(_) | FailureKind::Outage(_) => Outcome::Later,
        }
    }

    /// Says what an operator has to know about a commit that waits.
    pub(super) fn tell(&self, failure: &Failure, commit: &Commit) {
        let (queue, reason) = (&self.queue, &failure.reason);
        let (stream, version) = (&commit.stream, commit.version);
        match failure.kind {
            FailureKind::Newer if self.newer.is_due() => {
                tracing::error!(queue, %stream, %version, reason, "messages wait for a newer program");
            }
            FailureKind::Outage(_) if self.outage.is_due() => {
                tracing::error!(queue, %stream, %version, reason, "messages wait for a store");
            }
            _ => {}
        }
    }

    pub(super) fn wait(&self, commit: &Commit, reason: String) -> Verdict {
        let waits = self.waits.get_or_default(&(commit.stream.clone(), commit.version));
        waits.fetch_add(1, Ordering::Relaxed);
        Verdict::Wait { reason }
    }

    /// How often a message of this commit was told to wait here.
    fn waited(&self, commit: &Commit) -> u32 {
        let waits = self.waits.get(&(commit.stream.clone(), commit.version));
        waits.map_or(0, |waits| waits.load(Ordering::Relaxed))
    }
}
