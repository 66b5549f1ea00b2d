//! The timers of a program that runs a worker.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::DeliveryError;
use cqrs_core::spi::has_timers;
use cqrs_core::supervisor::{Outage, Supervised, doubled, supervise};

/// Executes what is due while the worker runs; does nothing in a program without timers.
pub(super) async fn keep_sweeping(app: &App) -> Infallible {
    if has_timers() {
        let mut sweeping = Sweeping { app, passes: 0 };
        // It never ends: every error counts as an outage.
        if let Err(error) = supervise(&mut sweeping, pending()).await {
            tracing::error!(%error, "due commands are no longer executed");
        }
    }
    pending().await
}

struct Sweeping<'a> {
    app: &'a App,
    passes: u64,
}

impl Supervised for Sweeping<'_> {
    type Error = DeliveryError;
    const NAME: &'static str = "sweep of the timers";

    async fn work<S: Future<Output = ()> + Send>(&mut self, _: Pin<&mut S>) -> Result<(), DeliveryError> {
        loop {
            self.app.sweep().await?;
            self.passes += 1;
            tokio::time::sleep(self.app.settings().timer_poll).await;
        }
    }

    /// Nothing else would sweep for this worker.
    fn outage(&self, error: &DeliveryError) -> Option<Outage> {
        Some(Outage::of(error.is_transient()))
    }

    fn progress(&self) -> u64 {
        self.passes
    }

    fn pause(&self, failures: u32) -> Duration {
        doubled(self.app.settings().timer_poll, failures)
    }
}
