use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join};

use super::App;
use super::sweep::Sweeping;
use crate::delivery::{Delivered, DeliveryError, Relay};
use crate::supervisor::{Outage, Supervised, doubled, supervise};

impl App {
    /// Delivers every commit that a subscriber has not taken yet, and the commits that handlers append in the meantime.
    /// It also [executes](Self::sweep) the commands whose time has come, and returns when nothing is left. For programs
    /// that end, and for tests.
    ///
    /// A commit that a subscriber cannot take does not end the run: it becomes one of the [`App::dead_letters`]. Where a handler or
    /// a process meets the outage of a store, or other writers of a stream are always faster, that commit waits until everything else
    /// is done. If the fault is not over by then, it is the error.
    ///
    /// # Errors
    /// [`DeliveryError`]. Nothing is lost, and the next run continues.
    pub async fn run_until_idle(&self) -> Result<Delivered, DeliveryError> {
        self.delivered_until_idle().await
    }

    /// In a box, so that the delivery is compiled here, and not again in each program.
    fn delivered_until_idle(&self) -> BoxFuture<'_, Result<Delivered, DeliveryError>> {
        Box::pin(async move {
            let _running = self.delivery.runtime.arrivals.begin_delivery();
            let mut delivered = Delivered::default();
            loop {
                let is_done = Relay::open(&self.delivery).await?.run_until_idle(&mut delivered).await?;
                if is_done && (!self.delivery.runtime.has_timers || self.sweep().await?.fired == 0) {
                    return Ok(delivered);
                }
            }
        })
    }

    /// Delivers until `shutdown` is ready, and [executes](Self::sweep) the commands whose time has come. Then it
    /// finishes what it holds. For services. If the store is throttled or cannot be reached, it waits and continues;
    /// after `shutdown` it leaves the rest to the next run. Once it has begun, it also waits if a store denies access
    /// or a table is missing.
    ///
    /// Only one process at a time should run it on one store: two would deliver everything twice.
    ///
    /// # Errors
    /// [`DeliveryError`] for faults that waiting does not cure. Before it has begun, this includes missing rights and
    /// tables.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Delivered, DeliveryError> {
        self.delivered_until(Box::pin(shutdown)).await
    }

    fn delivered_until<'a>(
        &'a self,
        shutdown: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move {
            let _running = self.delivery.runtime.arrivals.begin_delivery();
            let mut run = Run { app: self, delivered: Delivered::default(), begun: false };
            // In boxes, because the futures around them in a program would be nested deeper than the compiler allows.
            if self.delivery.runtime.has_timers {
                let shutdown = shutdown.shared();
                let mut sweeping = Sweeping::new(self);
                let sweeping = supervise(&mut sweeping, shutdown.clone());
                try_join(Box::pin(supervise(&mut run, shutdown)), Box::pin(sweeping)).await?;
            } else {
                Box::pin(supervise(&mut run, shutdown)).await?;
            }
            Ok(run.delivered)
        })
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
        self.app.delivery.positions()
    }

    fn pause(&self, failures: u32) -> Duration {
        doubled(self.app.settings().poll, failures)
    }
}
