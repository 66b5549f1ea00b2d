use std::pin::pin;
use std::sync::Arc;

use cqrs_core::delivery::{DeliveryError, Interrupted, Publisher};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::lease::Lease;
use super::process::{Shared, failed, unread};
use super::source::{Page, Portion, Source};

/// Works on one lease while this relay owns it.
pub(super) struct Worker<P> {
    pub(super) shared: Arc<Shared<P>>,
    pub(super) lease: Lease,
    pub(super) source: Source,
    /// Becomes true when the lease is to be handed back.
    pub(super) stop: watch::Receiver<bool>,
    /// Whether to hand it back as soon as there is nothing new.
    pub(super) until_idle: bool,
    pub(super) renewed: Instant,
    pub(super) published: u64,
}

/// What a worker has done.
pub(super) struct Worked {
    pub(super) lease: Lease,
    pub(super) published: u64,
    pub(super) end: Result<End, DeliveryError>,
}

/// Why a worker stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was stopped, or there was nothing new; the lease is handed back.
    HandedBack,
    /// Another relay has the lease.
    TakenOver,
    /// All is published.
    Done,
    /// The position is older than what can be read.
    Trimmed,
    /// Nothing can be read any more.
    Gone,
}

impl<P: Publisher> Worker<P> {
    pub(super) async fn run(mut self) -> Worked {
        let end = self.work().await;
        if let Ok(end) = &end {
            let Lease { id, position, .. } = &self.lease;
            tracing::debug!(
                lease = id,
                position,
                published = self.published,
                ?end,
                "the relay stops work on a lease"
            );
        }
        Worked { lease: self.lease, published: self.published, end }
    }

    async fn work(&mut self) -> Result<End, DeliveryError> {
        let shared = Arc::clone(&self.shared);
        while !*self.stop.borrow() {
            let read = self.source.read(self.lease.position.as_ref()).await;
            match read.map_err(unread)? {
                Portion::Page(page) => {
                    if !self.take(page).await? {
                        return Ok(End::TakenOver);
                    }
                }
                Portion::Nothing if self.until_idle => break,
                Portion::Nothing => {
                    tokio::select! {
                        () = sleep(shared.settings.poll) => {}
                        _ = self.stop.changed() => {}
                    }
                    if self.is_due() && !self.renew().await? {
                        return Ok(End::TakenOver);
                    }
                }
                Portion::Ended => {
                    let finished = match &self.source {
                        Source::Shard { .. } => shared.leases.finish(&self.lease.id).await,
                        Source::Segment(_) => shared.leases.close_segment(&self.lease.id).await,
                    };
                    return Ok(if finished.map_err(failed)? { End::Done } else { End::TakenOver });
                }
                Portion::Trimmed => return Ok(End::Trimmed),
                Portion::Gone => return Ok(End::Gone),
            }
        }
        shared.leases.release(&self.lease.id).await.map_err(failed)?;
        Ok(End::HandedBack)
    }

    /// Publishes a page and moves the position past what the topic has accepted; false if another relay has taken the lease.
    async fn take(&mut self, page: Page) -> Result<bool, DeliveryError> {
        // This task may have been held up since the last renewal for longer than the lease.
        if self.is_due() && !self.renew().await? {
            return Ok(false);
        }
        let Some(published) = self.publish(&page.records).await? else { return Ok(false) };
        let accepted = match &published {
            Ok(()) => page.records.len(),
            Err(interrupted) => interrupted.accepted,
        };
        self.published += accepted as u64;
        if let Some(mark) = page.mark(accepted) {
            let acknowledged_at =
                self.lease.acknowledged_at.max(mark.at.unwrap_or(self.lease.acknowledged_at));
            let until = self.shared.until();
            let moved =
                self.shared.leases.advance(&self.lease.id, &mark.position, acknowledged_at, until).await;
            if !moved.map_err(failed)? {
                return Ok(false);
            }
            self.renewed = Instant::now();
            self.lease.position = Some(mark.position.clone());
            self.lease.acknowledged_at = acknowledged_at;
        }
        published.map_err(|interrupted| interrupted.error)?;
        Ok(true)
    }

    /// Publishes, and keeps the lease meanwhile; `None` if another relay has taken it.
    async fn publish(&mut self, records: &[Value]) -> Result<Option<Result<(), Interrupted>>, DeliveryError> {
        let shared = Arc::clone(&self.shared);
        let mut publishing = pin!(shared.app.publish(&*shared.publisher, records));
        loop {
            tokio::select! {
                published = publishing.as_mut() => return Ok(Some(published)),
                () = sleep(shared.renewal()) => {
                    if !self.renew().await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn is_due(&self) -> bool {
        self.renewed.elapsed() >= self.shared.renewal()
    }

    async fn renew(&mut self) -> Result<bool, DeliveryError> {
        let renewed = self.shared.leases.renew(&self.lease.id, self.shared.until()).await;
        self.renewed = Instant::now();
        renewed.map_err(failed)
    }
}
