use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use cqrs_core::App;
use cqrs_core::delivery::{Consumer, Received, Redriven, Verdict};
use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use super::deadline;
use crate::broker::{Broker, BrokerError, DeadLetterQueue, Queue, Receipt, ReceivedMessage, sparing};

/// How long settling the projections may take.
const SETTLE: Duration = Duration::from_secs(2);

/// The subscribers of one queue, as a Lambda function that the queue invokes.
///
/// A finished message is acknowledged, even if the rest of the batch fails; a failed one comes again. One that can never succeed
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
    /// The subscribers of one queue of an app, and the queue for its dead letters by its URL: functions of a
    /// [`Template`](crate::template::Template) may send to that queue, but not look it up.
    ///
    /// # Errors
    /// [`BrokerError::Delivery`] if the app has no such queue.
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

    /// Delivers the messages of one event to the subscribers. On `stop`, work in progress is dropped and comes again; finished
    /// messages are acknowledged.
    pub async fn answer(&self, event: SqsEvent, stop: impl Future<Output = ()>) -> SqsBatchResponse {
        let source = event.records.iter().find_map(|record| record.event_source_arn.clone());
        let messages: Vec<ReceivedMessage> = event.records.into_iter().map(ReceivedMessage::from).collect();
        let received: Vec<_> = messages.iter().map(ReceivedMessage::received).collect();
        let stop = stop.shared();
        let verdicts = self.consumer.take_until(&received, stop.clone()).await;
        let mut unsent = self.put_away(&messages, &received, &verdicts).await;
        let mut response = SqsBatchResponse::default();
        let mut hidden: BTreeMap<Duration, Vec<Receipt>> = BTreeMap::new();
        for (place, (message, verdict)) in messages.iter().zip(verdicts).enumerate() {
            let after = verdict.after();
            let reason = match verdict {
                Verdict::Done => continue,
                // Acknowledged only after it is stored as a dead letter.
                Verdict::Dead { .. } => match unsent.remove(&place) {
                    None => continue,
                    Some(reason) => reason,
                },
                Verdict::Retry { reason, .. } | Verdict::Wait { reason, .. } => reason,
            };
            tracing::warn!(queue = self.consumer.queue(), id = message.receipt.id, reason, "it comes again");
            response.add_failure(&message.receipt.id);
            let wait = sparing(after.unwrap_or_default(), message.receives);
            // Without it the visibility timeout of the queue holds it back.
            if after.is_some() || !wait.is_zero() {
                hidden.entry(wait).or_default().push(message.receipt.clone());
            }
        }
        if let Some(queue) = source.filter(|_| !hidden.is_empty()).and_then(|arn| self.dead.sibling(&arn)) {
            for (wait, receipts) in hidden {
                queue.hide(&receipts, wait).await;
            }
        }
        // An empty queue invokes no function.
        tokio::select! {
            () = self.consumer.settle(std::future::ready(false)) => {}
            () = tokio::time::sleep(SETTLE) => {}
            () = stop => {}
        }
        response
    }

    /// Sends the dead messages to their queue, each stream in the order of its versions. Returns the places of those that stay,
    /// and why: if a letter is not sent, the later ones of its stream stay, too. They must not overtake it in a redrive.
    async fn put_away(
        &self,
        messages: &[ReceivedMessage],
        received: &[Received],
        verdicts: &[Verdict],
    ) -> HashMap<usize, String> {
        let mut unsent = HashMap::new();
        if !verdicts.iter().any(|verdict| matches!(verdict, Verdict::Dead { .. })) {
            return unsent;
        }
        for (places, _) in self.consumer.sort(received) {
            let mut refused = false;
            for place in places {
                let (Some(message), Some(Verdict::Dead { reason })) =
                    (messages.get(place), verdicts.get(place))
                else {
                    continue;
                };
                if refused {
                    unsent.insert(
                        place,
                        "the letter of an earlier commit of its stream was not sent".to_owned(),
                    );
                } else if let Err(error) = self.dead.send(message, reason).await {
                    refused = true;
                    unsent.insert(place, error.to_string());
                }
            }
        }
        unsent
    }

    /// Redrives what an older program did not know, with what waits behind it; `None` if another function or worker is doing it,
    /// or if `stop` comes first. [`QueueFunction::run`] does this alongside its first events, until it has succeeded once.
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
                tracing::warn!(queue, %error, "the dead letters for a newer program cannot be read");
                // Waiting does not add rights.
                self.has_begun.store(!error.is_transient(), Ordering::Relaxed);
            }
        }
    }

    /// Answers the events of the Lambda runtime until they end. An invocation is answered before it runs out of time.
    ///
    /// # Errors
    /// The error of the runtime.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
            let this = Arc::clone(&this);
            // In a box: the futures of a program that are around it would be deeper than the compiler goes.
            Box::pin(async move {
                let left = deadline::time_left(&event.context);
                let answer = this.answer(event.payload, tokio::time::sleep(left));
                let (answer, ()) = tokio::join!(answer, this.begin(left));
                Ok::<_, Error>(answer)
            })
        }))
        .await
    }
}
