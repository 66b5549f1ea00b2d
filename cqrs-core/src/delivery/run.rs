use std::any::Any;
use std::future::poll_fn;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use super::failure::TryError;
use super::subscriber::{caught, panicked};
use super::{Delivery, Subscriber};
use crate::event::RawEvent;
use crate::handler::{Front, HandlerArm, HandlerError, HandlerFuture, Scope};
use crate::panic;
use crate::runtime::{Cause, Elsewhere};

/// One run of a handler for one event. A commit goes to many handlers, and few of them send commands: so the front,
/// which commands are sent through, is not made before one asks for it.
pub(super) struct Run<'a> {
    delivery: &'a Arc<Delivery>,
    subscriber: &'a Subscriber,
    arm: &'a HandlerArm,
    raw: RawEvent<'a>,
    made: OnceLock<(Arc<Cause>, Box<dyn Any + Send + Sync>)>,
    elsewhere: Elsewhere,
}

/// How far a run came when it was polled for the first time.
pub(super) enum Begun<'a> {
    Ended(Result<(), TryError>),
    Waits(HandlerFuture<'a>),
}

impl<'a> Run<'a> {
    pub(super) fn new(
        delivery: &'a Arc<Delivery>,
        subscriber: &'a Subscriber,
        arm: &'a HandlerArm,
        raw: RawEvent<'a>,
    ) -> Self {
        Self { delivery, subscriber, arm, raw, made: OnceLock::new(), elsewhere: Elsewhere::default() }
    }

    /// Begins the run, and ends it if the handler does not wait: then it needs no timer, and does not fail in a runtime
    /// without timers.
    pub(super) fn begin(&self, context: &mut Context<'_>) -> Begun<'_> {
        let mut work = (self.arm.call)(Scope::new(&self.delivery.runtime.provided, self), self.raw);
        match panic::caught(|| self.elsewhere.during(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(done)) => Begun::Ended(self.end(done)),
            Ok(Poll::Pending) => Begun::Waits(work),
            Err(text) => Begun::Ended(Err(panicked(&text).into())),
        }
    }

    /// Ends a run that waits, within the time limit of the handler.
    pub(super) async fn finish(&self, begun: Begun<'_>) -> Result<(), TryError> {
        match begun {
            Begun::Ended(done) => done,
            Begun::Waits(mut work) => {
                let work = poll_fn(|context| self.elsewhere.during(|| work.as_mut().poll(context)));
                self.end(caught(self.in_time(work)).await?)
            }
        }
    }

    /// Another whole run for the same event.
    pub(super) async fn again(&self) -> Result<(), TryError> {
        Self::new(self.delivery, self.subscriber, self.arm, self.raw).run().await
    }

    /// The whole run.
    pub(super) async fn run(&self) -> Result<(), TryError> {
        let begun = poll_fn(|context| Poll::Ready(self.begin(context))).await;
        self.finish(begun).await
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, HandlerError> {
        let timeout = self.subscriber.timeout;
        tokio::time::timeout(timeout, work).await.map_err(|_| {
            HandlerError::retry(format!(
                "it took longer than its time limit of {timeout:?}, and was stopped; `timeout` on its `#[event_handler]` \
                 gives it more"
            ))
        })
    }

    /// Notes how the run ended, and judges its error.
    #[inline]
    fn end(&self, done: Result<(), HandlerError>) -> Result<(), TryError> {
        self.delivery.runtime.note_run(self.subscriber.name, &self.raw, done.is_ok());
        done.map_err(|error| self.judge(error).into())
    }

    #[cold]
    fn judge(&self, error: HandlerError) -> HandlerError {
        let judged = panic::caught(|| {
            // The answers of its own app are judged last, so that they count.
            let error = self.elsewhere.judge(error);
            match self.made.get() {
                Some((cause, _)) => cause.judge(error),
                None => error,
            }
        });
        judged.unwrap_or_else(|text| panicked(&text))
    }
}

impl Front for Run<'_> {
    fn get(&self) -> &(dyn Any + Send + Sync) {
        let (_, front) = self.made.get_or_init(|| {
            let cause = Arc::new(Cause::new(self.subscriber.name, self.raw.commit(), self.raw.index()));
            (Arc::clone(&cause), (self.delivery.front)(self.delivery, cause))
        });
        &**front
    }
}
