use std::sync::Arc;

use tracing::{Instrument, Span, field};

use super::failure::{Failure, TryError};
use super::once::{Once, Progress};
use super::run::Run;
use super::{Delivery, Subscriber, Terms};
use crate::event::RawEvent;
use crate::handler::HandlerArm;
use crate::metadata::Metadata;
use crate::store::Finish;
use crate::trace;

/// A handler that is being given commits.
pub(super) struct Handler<'a> {
    pub(super) subscriber: &'a Subscriber,
    pub(super) delivery: &'a Arc<Delivery>,
    pub(super) once: bool,
    pub(super) terms: Terms<'a>,
}

impl<'a> Handler<'a> {
    /// Handles an event, with all attempts, in a span.
    pub(super) async fn handle(&self, arm: &'a HandlerArm, raw: RawEvent<'a>) -> Result<(), Failure> {
        let span = self.span(&raw);
        let handled = async {
            match self.once {
                true => self.handle_once(arm, raw).await,
                false => self.subscriber.retried(self.terms, || self.run(arm, raw)).await,
            }
        };
        let handled = handled.instrument(span.clone()).await;
        if let Err(failure) = &handled {
            trace::fail(&span, &failure.reason);
        }
        handled
    }

    /// Runs the handler unless it has run. Its inbox record is finished separately, so that a retry of that does
    /// not run the handler again. A broker could not retry only that, so it has its own policy.
    async fn handle_once(&self, arm: &'a HandlerArm, raw: RawEvent<'a>) -> Result<(), Failure> {
        let Self { subscriber, delivery, terms, .. } = *self;
        let once = Once::new(&delivery.runtime, subscriber, &raw);
        let lease = match subscriber.retried(terms, || once.handle(self.run(arm, raw))).await? {
            Progress::Handled(lease) => lease,
            Progress::Done => return Ok(()),
            Progress::Busy(until) => return Err(once.busy(until)),
        };
        let finish = Terms { retry: delivery.runtime.settings.delivery, ..terms };
        match subscriber.retried(finish, || once.finish(&lease)).await? {
            Finish::Done => Ok(()),
            Finish::Lost => Err(once.lost(&lease)),
        }
    }

    /// One attempt.
    async fn run(&self, arm: &'a HandlerArm, raw: RawEvent<'a>) -> Result<(), TryError> {
        Run::new(self.delivery, self.subscriber, arm, raw).run().await
    }

    fn span(&self, raw: &RawEvent<'_>) -> Span {
        let (commit, stored) = (raw.commit(), raw.stored());
        let Metadata { command_id, correlation_id, causation_id, trace_context, .. } = &*commit.metadata;
        let span = tracing::info_span!(
            "handle",
            subscriber = self.subscriber.name,
            pk = commit.stream.pk(),
            sk = commit.stream.sk(),
            version = commit.version.get(),
            index = raw.index(),
            r#type = stored.name,
            schema = stored.schema,
            command_id,
            correlation_id,
            causation_id,
            trace_context,
            error = field::Empty,
            otel.kind = trace::CONSUMER,
            otel.status_code = field::Empty,
        );
        trace::take(&span, [trace_context.as_deref()]);
        span
    }
}
