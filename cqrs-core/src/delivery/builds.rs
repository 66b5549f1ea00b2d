//! Views whose fold has changed are built beside the delivery.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Delivery, DeliveryError, Subscriber};
use crate::store::StoreError;

/// Looks after the views of some projections: tells other releases that this one is at work on them, and builds them if
/// that is due. When it is dropped, its builds stop; they continue where they were, here or elsewhere.
pub(crate) struct Builds {
    projections: Vec<Arc<Subscriber>>,
    /// The name under which this process builds, if others might build, too.
    builder: Option<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looked: Option<Instant>,
    /// Whether the last look found that all have begun.
    have_begun: bool,
    tasks: JoinSet<()>,
    /// The projections that are being built here.
    running: Vec<(&'static str, tokio::task::AbortHandle)>,
}

impl Builds {
    /// For a process of several that take commits from one queue.
    pub(crate) fn among_others<'a>(
        delivery: &Delivery,
        subscribers: impl IntoIterator<Item = &'a Arc<Subscriber>>,
    ) -> Self {
        Self { builder: Some(Uuid::now_v7().to_string()), ..Self::alone(delivery, subscribers) }
    }

    /// For the one process that delivers from the feed.
    pub(crate) fn alone<'a>(
        delivery: &Delivery,
        subscribers: impl IntoIterator<Item = &'a Arc<Subscriber>>,
    ) -> Self {
        // The test kit invents the stored data, and counts the requests.
        let is_real = delivery.runtime.probe.is_none();
        let projections =
            subscribers.into_iter().filter(|one| is_real && one.is_projection()).map(Arc::clone);
        Self { projections: projections.collect(), builder: None, state: Mutex::default() }
    }

    /// Begins to deliver from a feed.
    pub(crate) async fn begin(&self, delivery: &Delivery) -> Result<(), DeliveryError> {
        for projection in &self.projections {
            match projection.begin(&delivery.runtime).await {
                Err(error) if error.is_outage() => return Err(outage(projection, error)),
                // Its commits will report the error, one by one.
                Err(error) => {
                    tracing::warn!(projection = projection.name, %error, "a projection does not begin");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// To be called from time to time, whether something is delivered or not. Usually it costs nothing.
    ///
    /// Returns `false` if one of the projections could not begin.
    pub(crate) async fn tend(&self, delivery: &Arc<Delivery>) -> bool {
        if self.projections.is_empty() {
            return true;
        }
        // Another call is at work.
        let Ok(mut state) = self.state.try_lock() else { return true };
        let poll = delivery.runtime.settings.release_poll;
        if state.looked.is_some_and(|looked| looked.elapsed() < poll) {
            return state.have_begun;
        }
        (state.looked, state.have_begun) = (Some(Instant::now()), false);
        let mut have_begun = true;
        while state.tasks.try_join_next().is_some() {}
        state.running.retain(|(_, task)| !task.is_finished());
        let builds = delivery.runtime.settings.rebuild;
        for projection in &self.projections {
            let is_due = match projection
                .keep(&delivery.runtime, self.builder.as_deref().filter(|_| builds))
                .await
            {
                Ok(is_due) => is_due,
                Err(error) => {
                    tracing::debug!(projection = projection.name, %error, "it is not known whether views are to be built");
                    have_begun = false;
                    continue;
                }
            };
            let is_running = state.running.iter().any(|(name, _)| *name == projection.name);
            if is_due && builds && !is_running {
                let (delivery, building) = (Arc::clone(delivery), Arc::clone(projection));
                let task = state.tasks.spawn(async move {
                    if let Err(error) = building.build(&delivery.runtime).await {
                        tell(building.name, &error);
                    }
                });
                state.running.push((projection.name, task));
            }
        }
        state.have_begun = have_begun;
        have_begun
    }

    /// Builds what is due, and returns when it is built.
    pub(crate) async fn finish(&self, delivery: &Delivery) -> Result<(), DeliveryError> {
        if !delivery.runtime.settings.rebuild {
            return Ok(());
        }
        for projection in &self.projections {
            match projection.build(&delivery.runtime).await {
                Err(error) if error.is_outage() => return Err(outage(projection, error)),
                // As with a dead letter: the error is reported, and the others continue.
                Err(error) => tell(projection.name, &error),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

fn outage(projection: &Subscriber, source: StoreError) -> DeliveryError {
    DeliveryError::Outage { subscriber: projection.name.to_owned(), source: Box::new(source) }
}

fn tell(projection: &str, error: &StoreError) {
    let error = error.to_string();
    tracing::error!(
        projection,
        error,
        "the views of this release could not be built; readers have those of the one before"
    );
}
