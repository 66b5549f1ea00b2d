use std::sync::Arc;
use std::time::Duration;

use super::Delivery;
use super::failure::{Failure, FailureKind};
use super::notice::Notice;
use crate::commit::Commit;
use crate::runtime::RetryPolicy;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// After this time in its queue a commit becomes a dead letter, whatever it waits for. Otherwise the broker would delete it
/// without a letter, SQS after 14 days. The letter is a new message. The rest is for a message that is hidden at the time.
const LAST_CHANCE: Duration = Duration::from_hours(12 * 24);

/// What a failure means for its message, as long as it may come again.
pub(super) struct Patience {
    queue: String,
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

impl Message {
    /// Whether it was sent at least this long ago; not if that is unknown.
    fn has_waited(&self, time: Duration) -> bool {
        self.sent_at.is_some_and(|sent_at| Timestamp::now().since(sent_at) >= time)
    }
}

/// What is to become of a commit that failed.
pub(super) enum Outcome {
    Dead,
    /// It has failed this often.
    Again(u32),
    Later,
}

impl Patience {
    pub(super) fn new(queue: &str) -> Self {
        Self { queue: queue.to_owned(), newer: Notice::default(), outage: Notice::default() }
    }

    pub(super) async fn outcome(
        &self,
        delivery: &Arc<Delivery>,
        failure: &mut Failure,
        message: &Message,
        commit: &Commit,
    ) -> Outcome {
        let outcome = self.outcome_in_time(delivery, failure, message, commit).await;
        if !matches!(outcome, Outcome::Dead) && message.has_waited(LAST_CHANCE) {
            let days = LAST_CHANCE.as_secs() / (24 * 60 * 60);
            // The end of the reason may tell that a newer program can take it.
            failure.reason = format!("its queue has kept it for {days} days: {}", failure.reason);
            return Outcome::Dead;
        }
        outcome
    }

    /// What the failure means as long as the queue keeps the message.
    async fn outcome_in_time(
        &self,
        delivery: &Arc<Delivery>,
        failure: &mut Failure,
        message: &Message,
        commit: &Commit,
    ) -> Outcome {
        let settings = delivery.runtime.settings;
        let retry = failure.own_retry.unwrap_or(settings.delivery);
        match failure.kind {
            FailureKind::Permanent => Outcome::Dead,
            FailureKind::Passing => match self.count(delivery, retry, commit).await {
                Ok(attempts) if attempts >= retry.attempts => Outcome::Dead,
                Ok(attempts) => Outcome::Again(attempts),
                Err(error) => {
                    failure.reason = format!("{}; it cannot be counted: {error}", failure.reason);
                    Outcome::Again(message.receives)
                }
            },
            // Two programs that cannot take it would leave it to each other.
            FailureKind::Left => match self.count(delivery, retry, commit).await {
                Ok(attempts) if attempts >= retry.attempts => Outcome::Dead,
                _ => Outcome::Later,
            },
            FailureKind::Newer if message.sent_at.is_none() || message.has_waited(settings.unknown_kept) => {
                Outcome::Dead
            }
            FailureKind::Newer => Outcome::Later,
            FailureKind::Held(_) | FailureKind::Outage(_) => Outcome::Later,
        }
    }

    /// How often a commit has failed here, in any process. The receives that the queue counts do not show that: most of
    /// them may have been waits, for a store or for a newer program, in a process that is gone.
    async fn count(
        &self,
        delivery: &Arc<Delivery>,
        retry: RetryPolicy,
        commit: &Commit,
    ) -> Result<u32, StoreError> {
        if retry.attempts <= 1 {
            return Ok(1);
        }
        let expires = Timestamp::now() + delivery.runtime.settings.inbox_kept;
        delivery.runtime.delivery_store().count_attempt(&self.queue, commit, expires).await
    }

    /// Forgets the count, so that a commit that is put back into its queue starts again at zero. A count that stays
    /// only makes it a dead letter sooner.
    pub(super) async fn forget(
        &self,
        delivery: &Arc<Delivery>,
        own_retry: Option<RetryPolicy>,
        commit: &Commit,
    ) {
        // Another handler of the queue may have counted even if this one does not.
        if own_retry.is_none() && delivery.runtime.settings.delivery.attempts <= 1 {
            return;
        }
        let forgotten = delivery.runtime.delivery_store().forget_attempts(&self.queue, commit).await;
        if let Err(error) = forgotten {
            let (stream, version) = (&commit.stream, commit.version);
            tracing::warn!(queue = self.queue, %stream, %version, %error, "the attempts could not be forgotten");
        }
    }

    /// Logs what an operator has to know about a commit that waits.
    pub(super) fn tell(&self, failure: &Failure, message: &Message, commit: &Commit) {
        let (queue, reason) = (&self.queue, &failure.reason);
        let (stream, version, receives) = (&commit.stream, commit.version, message.receives);
        match failure.kind {
            FailureKind::Newer if self.newer.is_due() => {
                tracing::error!(queue, %stream, %version, receives, reason, "messages wait for a newer program");
            }
            FailureKind::Outage(_) if self.outage.is_due() => {
                tracing::error!(queue, %stream, %version, receives, reason, "messages wait for a store");
            }
            _ => {}
        }
    }
}
