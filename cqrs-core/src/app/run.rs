use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};

use super::App;
use crate::delivery::{Delivered, DeliveryError, Relay};

/// The longest wait before a failed delivery is started again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl App {
    /// Delivers every commit that a subscriber has not taken yet, and what handlers append meanwhile; returns when
    /// nothing is left. For programs that end, and for tests.
    ///
    /// What a subscriber could not take does not end the run: it is among the [`App::dead_letters`].
    ///
    /// # Errors
    /// [`DeliveryError`]; nothing is lost, the next run goes on.
    pub async fn run_until_idle(&self) -> Result<Delivered, DeliveryError> {
        Relay::open(&self.delivery).await?.run_until_idle().await
    }

    /// Delivers until `shutdown` is ready, then finishes what it holds. For services. Where the store is
    /// throttled or cannot be reached it waits and goes on; after `shutdown` it leaves the rest to the next run. Once it has
    /// begun, it also waits where a store denies access, or a table is missing.
    ///
    /// One process at a time should run it on one store: two would deliver everything twice.
    ///
    /// # Errors
    /// [`DeliveryError`] for what waiting does not mend; before it has begun, also for missing rights and tables.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Delivered, DeliveryError> {
        let told = AtomicBool::new(false);
        let mut shutdown = pin!(async {
            shutdown.await;
            told.store(true, Ordering::Relaxed);
        });
        let poll = self.settings().poll;
        let mut delivered = Delivered::default();
        let mut wait = poll;
        let mut begun = false;
        loop {
            let before = delivered;
            let session = async {
                let relay = Relay::open(&self.delivery).await?;
                relay.run(shutdown.as_mut(), poll, &mut delivered, &mut begun).await
            };
            let ended = session.await;
            let passes = |error: &DeliveryError| error.is_transient() || begun && error.is_outage();
            match ended {
                Ok(()) => return Ok(delivered),
                // What could not be finished is delivered by the next run.
                Err(error) if passes(&error) && told.load(Ordering::Relaxed) => {
                    tracing::warn!(%error, "delivery stopped before it was done");
                    return Ok(delivered);
                }
                Err(error) if passes(&error) => {
                    // A session that got somewhere was no failed start.
                    wait = if delivered == before { (wait * 2).min(LONGEST_WAIT) } else { poll };
                    match error.is_transient() {
                        true => tracing::warn!(%error, ?wait, "delivery interrupted"),
                        false => tracing::error!(
                            error = &error as &(dyn Error + 'static),
                            ?wait,
                            "delivery interrupted"
                        ),
                    }
                    let pause = pin!(tokio::time::sleep(wait));
                    if let Either::Left(_) = select(shutdown.as_mut(), pause).await {
                        return Ok(delivered);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}
