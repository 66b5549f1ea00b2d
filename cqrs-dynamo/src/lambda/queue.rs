use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use cqrs_core::App;
use cqrs_core::delivery::{Consumer, Redriven, Verdict};
use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use super::deadline;
use crate::broker::{Broker, BrokerError, DeadLetterQueue, Queue, ReceivedMessage, sparing};

/// How long it may take to find out what there is to tell about projections.
const SETTLE: Duration = Duration::from_secs(2);

/// The subscribers of one queue as a Lambda function behind that queue.
///
/// What is done is acknowledged, whatever becomes of the rest of the batch; what failed comes again. What will never work
/// goes to the queue's dead letters with its reason, and so do later commits of its stream, until they are redriven.
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::lambda::QueueFunction;
/// use cqrs_dynamo::template::{DEAD_LETTERS_URL, PREFIX, QUEUE};
/// use cqrs_dynamo::{Broker, Dynamo, Tables};
///
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// // What the template sets.
/// let prefix = std::env::var(PREFIX)?;
/// let (queue, dead_letters) = (std::env::var(QUEUE)?, std::env::var(DEAD_LETTERS_URL)?);
/// let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix));
/// let broker = Broker::from_conf(dynamo.sdk_config()).with_prefix(&prefix);
/// let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
/// QueueFunction::new(&broker, &app, &queue, dead_letters)?.run().await
/// # }
/// ```
#[derive(Debug)]
pub struct QueueFunction {
    consumer: Consumer,
    dead: Queue,
    letters: DeadLetterQueue,
    has_begun: AtomicBool,
}

impl QueueFunction {
    /// The subscribers of one queue of an app, and the queue for its dead letters by its URL: of those that
    /// [`Template`](crate::template::Template) makes, a function may send to that queue and not look it up.
    ///
    /// # Errors
    /// [`BrokerError::Delivery`] where the app has no such queue.
    pub fn new(
        broker: &Broker,
        app: &App,
        queue: &str,
        dead_letters_url: impl Into<String>,
    ) -> Result<Self, BrokerError> {
        let dead = Queue::at(broker.sqs(), dead_letters_url.into());
        let letters = DeadLetterQueue::new(app.consumer(queue)?, dead.clone());
        Ok(Self { consumer: app.consumer(queue)?, dead, letters, has_begun: AtomicBool::new(false) })
    }

    /// Takes the messages of one event to the subscribers. When `stop` comes, what is in work is dropped and comes
    /// again; what was done before is acknowledged.
    pub async fn answer(&self, event: SqsEvent, stop: impl Future<Output = ()>) -> SqsBatchResponse {
        let source = event.records.iter().find_map(|record| record.event_source_arn.clone());
        let messages: Vec<ReceivedMessage> = event.records.into_iter().map(ReceivedMessage::from).collect();
        let received: Vec<_> = messages.iter().map(ReceivedMessage::received).collect();
        let stop = stop.shared();
        let verdicts = self.consumer.take_until(&received, stop.clone()).await;
        let mut response = SqsBatchResponse::default();
        let (mut spared, mut longest) = (Vec::new(), Duration::ZERO);
        for (message, verdict) in messages.iter().zip(verdicts) {
            let reason = match verdict {
                Verdict::Done => continue,
                // Acknowledged only after it is kept as a dead letter.
                Verdict::Dead { reason } => match self.dead.send(message, &reason).await {
                    Ok(()) => continue,
                    Err(error) => error.to_string(),
                },
                Verdict::Retry { reason } | Verdict::Wait { reason } => reason,
            };
            tracing::warn!(queue = self.consumer.queue(), id = message.receipt.id, reason, "it comes again");
            response.add_failure(&message.receipt.id);
            let wait = sparing(Duration::ZERO, message.receives);
            if !wait.is_zero() {
                longest = longest.max(wait);
                spared.push(message.receipt.clone());
            }
        }
        // Nothing but the visibility timeout would hold them back.
        if let Some(queue) = source.filter(|_| !spared.is_empty()).and_then(|arn| self.dead.sibling(&arn)) {
            queue.hide(&spared, longest).await;
        }
        // When a queue is empty, nobody calls a function.
        tokio::select! {
            () = self.consumer.settle(std::future::ready(false)) => {}
            () = tokio::time::sleep(SETTLE) => {}
            () = stop => {}
        }
        response
    }

    /// Redrives what an older program did not know, with what waits behind it; none where another function or worker is at it, or
    /// `stop` comes before it is done. [`QueueFunction::run`] does so beside its first events, until it was done once.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing is lost.
    pub async fn redrive_newer(
        &self,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Redriven>, BrokerError> {
        self.letters.redrive_newer(stop).await
    }

    async fn begin(&self, left: Duration) {
        if self.has_begun.load(Ordering::Relaxed) {
            return;
        }
        match self.redrive_newer(tokio::time::sleep(left)).await {
            Ok(None) => {}
            Ok(Some(_)) => self.has_begun.store(true, Ordering::Relaxed),
            Err(error) => {
                let queue = self.consumer.queue();
                tracing::warn!(queue, %error, "the dead letters for a newer program are not looked at");
                // Rights do not come by waiting.
                self.has_begun.store(!error.is_transient(), Ordering::Relaxed);
            }
        }
    }

    /// Answers the events of the Lambda runtime for as long as it sends some. An invocation that would run out of
    /// time is answered before.
    ///
    /// # Errors
    /// What the runtime says.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
            let this = Arc::clone(&this);
            async move {
                let left = deadline::time_left(&event.context);
                let answer = this.answer(event.payload, tokio::time::sleep(left));
                let (answer, ()) = tokio::join!(answer, this.begin(left));
                Ok::<_, Error>(answer)
            }
        }))
        .await
    }
}
