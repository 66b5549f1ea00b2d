use std::time::Duration;

use uuid::Uuid;

use super::Subscriber;
use super::failure::{Failure, FailureKind, TryError};
use crate::event::RawEvent;
use crate::runtime::{Runtime, Settings};
use crate::store::{Claim, Finish, InboxId, InboxLease};
use crate::timestamp::Timestamp;

/// How much longer the lease of a handler with a longer time limit of its own is than that limit.
const MARGIN: Duration = Duration::from_secs(30);

/// One event on its way through the inbox of a handler with `once`: claim, handle, finish.
///
/// A failed run gives its claim back. A run that ends in between (a crash, a finish that cannot be written) leaves
/// it, and the event is handled again when the lease has run out: then, once is at least once.
#[derive(Debug)]
pub(crate) struct Once<'a> {
    runtime: &'a Runtime,
    id: InboxId,
    /// One for all attempts: a claim whose answer got lost does not block the next one.
    owner: String,
    /// How long a claim is good.
    lease: Duration,
}

/// How far one attempt came.
#[derive(Debug)]
pub(crate) enum Progress {
    /// The handler has run, and its record is to be finished.
    Handled(InboxLease),
    /// It ran earlier.
    Done,
    /// Another owner has the event until this time.
    Busy(Timestamp),
}

impl<'a> Once<'a> {
    pub(crate) fn new(runtime: &'a Runtime, handler: &Subscriber, raw: &RawEvent<'_>) -> Self {
        let commit = raw.commit();
        let id = InboxId {
            handler: handler.name.to_owned(),
            stream: commit.stream.clone(),
            version: commit.version,
            index: raw.index(),
            digest: commit.digest(),
        };
        let lease = lease(&runtime.settings, handler.timeout);
        Self { runtime, id, owner: Uuid::now_v7().to_string(), lease }
    }

    /// Claims the event, and handles it if the claim succeeds. `work` is not polled before that.
    pub(crate) async fn handle(
        &self,
        work: impl Future<Output = Result<(), TryError>>,
    ) -> Result<Progress, TryError> {
        let (now, kept) = (Timestamp::now(), self.runtime.settings.inbox_kept);
        let lease = InboxLease::new(&self.owner, now, self.lease, kept);
        let claim = self.runtime.delivery_store().claim(&self.id, &lease).await;
        match claim.map_err(|error| TryError::of("the event cannot be claimed in the inbox", error))? {
            Claim::Claimed => {}
            Claim::Done => return Ok(Progress::Done),
            Claim::Busy { until } => return Ok(Progress::Busy(until)),
        }
        if let Err(error) = work.await {
            self.release(&lease).await;
            return Err(error);
        }
        Ok(Progress::Handled(lease))
    }

    pub(crate) async fn finish(&self, lease: &InboxLease) -> Result<Finish, TryError> {
        let finish = self.runtime.delivery_store().finish(&self.id, lease).await;
        finish.map_err(|error| {
            TryError::of("the event was handled, and its inbox record cannot be written", error)
        })
    }

    /// The failure of the handler is what counts; a claim that stays runs out by itself.
    async fn release(&self, lease: &InboxLease) {
        if let Err(error) = self.runtime.delivery_store().release(&self.id, lease).await {
            let InboxId { handler, stream, version, index, .. } = &self.id;
            tracing::warn!(
                handler, %stream, %version, index, until = %lease.until, %error, "a claim could not be given back"
            );
        }
    }

    pub(crate) fn busy(&self, until: Timestamp) -> Failure {
        let reason =
            format!("another run of `{}` has the event, until {until} at the latest", self.id.handler);
        Failure { reason, attempts: 0, kind: FailureKind::Held(until), own_retry: None }
    }

    pub(crate) fn lost(&self, lease: &InboxLease) -> Failure {
        let InboxId { handler, stream, version, index, .. } = &self.id;
        let reason = format!(
            "`{handler}` took longer than its lease until {}, and another run has claimed the event since, so it may \
             be handled twice; raise `Settings::inbox_lease`",
            lease.until
        );
        tracing::error!(handler, %stream, %version, index, reason, "the lease of an event was lost");
        Failure { reason, attempts: 1, kind: FailureKind::Held(lease.until), own_retry: None }
    }
}

/// As long as the settings say; a handler that may take longer than others has more.
fn lease(settings: &Settings, timeout: Duration) -> Duration {
    if timeout > settings.handler_timeout {
        return settings.inbox_lease.max(timeout.saturating_add(MARGIN));
    }
    settings.inbox_lease
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_longer_than_the_time_limit_of_its_handler() {
        let settings = Settings::default();
        let of = |timeout| lease(&settings, Duration::from_secs(timeout));
        assert_eq!([1, 30, 31, 300].map(of), [60, 60, 61, 330].map(Duration::from_secs));
    }
}
