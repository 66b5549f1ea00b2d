use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::App;
use crate::delivery::{DeadLetters, Delivered, DeliveryError, Relay};

/// The longest wait before a failed delivery is started again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl App {
    /// Delivers every commit that no subscriber has taken yet, and what handlers append meanwhile; returns when
    /// nothing is left. For programs that end, and for tests.
    ///
    /// # Errors
    /// [`DeliveryError`]; nothing is lost, the next run goes on.
    pub async fn run_until_idle(&self) -> Result<Delivered, DeliveryError> {
        Relay::open(self).await?.run_until_idle().await
    }

    /// Delivers until `shutdown` is ready, then finishes what it holds. For services. Where the store is
    /// throttled or cannot be reached it waits and goes on.
    ///
    /// One process at a time should run it on one store: two would deliver everything twice.
    ///
    /// # Errors
    /// [`DeliveryError`] for what waiting does not mend.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Delivered, DeliveryError> {
        let mut shutdown = pin!(shutdown);
        let poll = self.inner.settings.poll;
        let mut delivered = Delivered::default();
        let mut wait = poll;
        loop {
            let before = delivered;
            let session = async {
                let relay = Relay::open(self).await?;
                relay.run(shutdown.as_mut(), poll, &mut delivered).await
            };
            match session.await {
                Ok(()) => return Ok(delivered),
                Err(error) if error.is_transient() => {
                    // A session that got somewhere was no failed start.
                    wait = if delivered == before { (wait * 2).min(LONGEST_WAIT) } else { poll };
                    tracing::warn!(%error, ?wait, "delivery interrupted");
                    let pause = pin!(tokio::time::sleep(wait));
                    if let Either::Left(_) = select(shutdown.as_mut(), pause).await {
                        return Ok(delivered);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The commits that subscribers could not take.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters<'_> {
        DeadLetters::new(self)
    }
}
