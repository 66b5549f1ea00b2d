use std::sync::Arc;

use tracing::{Instrument, Span, field};

use super::failure::{Failure, TryError};
use super::once::{Once, Progress};
use super::run::Run;
use super::{Delivery, Subscriber};
use crate::event::RawEvent;
use crate::handler::HandlerArm;
use crate::metadata::Metadata;
use crate::runtime::RetryPolicy;
use crate::store::Finish;
use crate::trace;

/// A handler that is being given commits.
pub(super) struct Handler<'a> {
    pub(super) subscriber: &'a Subscriber,
    pub(super) delivery: &'a Arc<Delivery>,
    pub(super) once: bool,
    pub(super) retry: RetryPolicy,
}

impl<'a> Handler<'a> {
    /// Handles an event, with all tries, in a span.
    pub(super) async fn handle(&self, arm: &'a HandlerArm, raw: RawEvent<'a>) -> Result<(), Failure> {
        let span = self.span(&raw);
        let handled = async {
            match self.once {
                true => self.handle_once(arm, raw).await,
                false => self.subscriber.retried(self.retry, || self.run(arm, raw)).await,
            }
        };
        let handled = handled.instrument(span.clone()).await;
        if let Err(failure) = &handled {
            trace::fail(&span, &failure.reason);
        }
        handled
    }

    /// Runs the handler unless it has run. Its record is finished apart from it, so that trying that again does
    /// not run the handler again; a broker could not do so, and therefore it has a policy of its own.
    async fn handle_once(&self, arm: &'a HandlerArm, raw: RawEvent<'a>) -> Result<(), Failure> {
        let Self { subscriber, delivery, retry, .. } = *self;
        let once = Once::new(&delivery.runtime, subscriber.name, &raw);
        let lease = match subscriber.retried(retry, || once.handle(self.run(arm, raw))).await? {
            Progress::Handled(lease) => lease,
            Progress::Done => return Ok(()),
            Progress::Busy(until) => return Err(once.busy(until)),
        };
        let finish = delivery.runtime.settings.delivery;
        match subscriber.retried(finish, || once.finish(&lease)).await? {
            Finish::Done => Ok(()),
            Finish::Lost => Err(once.lost(&lease)),
        }
    }

    /// One try.
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
