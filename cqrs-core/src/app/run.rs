use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::App;
use crate::delivery::{Delivered, DeliveryError, Relay};
use crate::supervisor::{Outage, Supervised, doubled, supervise};

impl App {
    /// Delivers every commit that a subscriber has not taken yet, and what handlers append meanwhile; returns when
    /// nothing is left. For programs that end, and for tests.
    ///
    /// What a subscriber could not take does not end the run: it is among the [`App::dead_letters`].
    ///
    /// # Errors
    /// [`DeliveryError`]; nothing is lost, the next run goes on.
    pub async fn run_until_idle(&self) -> Result<Delivered, DeliveryError> {
        let _running = self.delivery.runtime.arrivals.begin_delivery();
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
        let _running = self.delivery.runtime.arrivals.begin_delivery();
        let mut run = Run { app: self, delivered: Delivered::default(), begun: false };
        supervise(&mut run, shutdown).await?;
        Ok(run.delivered)
    }
}

/// The delivery as a service.
struct Run<'a> {
    app: &'a App,
    delivered: Delivered,
    begun: bool,
}

impl Supervised for Run<'_> {
    type Error = DeliveryError;
    const NAME: &'static str = "delivery";

    async fn work<S: Future<Output = ()> + Send>(&mut self, stop: Pin<&mut S>) -> Result<(), DeliveryError> {
        let relay = Relay::open(&self.app.delivery).await?;
        relay.run(stop, self.app.settings().poll, &mut self.delivered, &mut self.begun).await
    }

    fn outage(&self, error: &DeliveryError) -> Option<Outage> {
        let transient = error.is_transient();
        (transient || self.begun && error.is_outage()).then(|| Outage::of(transient))
    }

    fn progress(&self) -> u64 {
        self.delivered.commits
    }

    fn pause(&self, failures: u32) -> Duration {
        doubled(self.app.settings().poll, failures)
    }
}
