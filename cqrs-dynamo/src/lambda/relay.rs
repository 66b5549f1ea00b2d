use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use cqrs_core::App;
use cqrs_core::delivery::{DeliveryError, Publisher};
use lambda_runtime::{Error, LambdaEvent, service_fn};

use super::{deadline, letters, record};
use crate::names::partition::RELAY;
use crate::relay::relay_records;

/// How often the dead letters are counted while events come.
const EVERY: Duration = Duration::from_mins(1);

/// The relay as a Lambda function that the stream of the events table invokes.
///
/// It publishes the commits of a batch in their order and names the first record that was not accepted: Lambda sends that
/// one and those after it again. Lambda reads the shards, parents before children, and keeps the position.
///
/// A record of an overwritten or deleted commit is logged as an error and kept as a dead letter of `@relay`; the batch continues.
/// CloudWatch gets the number of these letters, up to one page of them, as the metric `DeadLetters` of the namespace `Foldline`:
/// at an instance's first event, at once after such a record, and every minute while events come. The template has an alarm on it.
///
/// The stream keeps its records for 24 hours, and Lambda retries for that long. Then it discards them and notifies the mapping's
/// on-failure destination, a queue with an alarm in a [`Template`](crate::template::Template).
/// `DDBStreamBatchInfo.approximateArrivalOfFirstRecord` of the oldest message in it is the time since when commits may not have
/// been published. They are still in the events table, and [`Relay::catch_up`](crate::Relay::catch_up) publishes from there what
/// was recorded since. The same applies if a mapping was disabled, or missing, for longer than 24 hours. Views only need a later
/// commit of the stream: they read what is missing from the store.
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::lambda::RelayFunction;
/// use cqrs_dynamo::template::{PREFIX, TOPIC_ARN};
/// use cqrs_dynamo::{Broker, Dynamo, SnsPublisher, Tables};
///
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// // What the template sets.
/// let (prefix, topic) = (std::env::var(PREFIX)?, std::env::var(TOPIC_ARN)?);
/// let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix));
/// let broker = Broker::from_conf(dynamo.sdk_config()).with_prefix(&prefix);
/// let app = App::builder(dynamo.event_store()).only([]).build()?;
/// let publisher = SnsPublisher::new(broker.sns().clone(), topic);
/// RelayFunction::new(&app, publisher).run().await
/// # }
/// ```
#[derive(Debug)]
pub struct RelayFunction<P> {
    app: App,
    publisher: P,
    counted: Mutex<Option<Instant>>,
}

impl<P: Publisher> RelayFunction<P> {
    /// A relay of an app's commits to a topic. The app needs no subscribers: `only([])`.
    #[must_use]
    pub fn new(app: &App, publisher: P) -> Self {
        Self { app: app.clone(), publisher, counted: Mutex::default() }
    }

    /// Publishes the records of one event.
    pub async fn answer(&self, event: Event) -> DynamoDbEventResponse {
        let records = event.records.into_iter().filter_map(record::read).collect();
        let relayed = relay_records(&self.app, &self.publisher, records).await;
        relayed.map_or_else(
            |stopped| {
                tracing::error!(sequence_number = stopped.sequence_number, error = %stopped.error, "not published");
                record::from(stopped.sequence_number)
            },
            |()| DynamoDbEventResponse::default(),
        )
    }

    /// Counts the dead letters of `@relay`, up to one page of them, and reports the number to CloudWatch.
    ///
    /// # Errors
    /// [`DeliveryError`].
    pub async fn count_dead_letters(&self) -> Result<u64, DeliveryError> {
        letters::count(&self.app, [RELAY]).await
    }

    /// Whether the letters are to be counted after an event. If so, it is noted.
    fn counts(&self, has_alterations: bool) -> bool {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = has_alterations || counted.is_none_or(|at| at.elapsed() >= EVERY);
        if is_due {
            *counted = Some(Instant::now());
        }
        is_due
    }

    /// Answers the events of the Lambda runtime until they end. An invocation is answered before it runs out of time: its records
    /// come again.
    ///
    /// # Errors
    /// The error of the runtime.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
            let this = Arc::clone(&this);
            // In a box: the futures of a program that are around it would be deeper than the compiler goes.
            Box::pin(async move {
                let first = event.payload.records.first().map(record::number);
                let has_alterations = event.payload.records.iter().any(record::is_alteration);
                let until = Instant::now() + deadline::time_left(&event.context);
                let left = || until.saturating_duration_since(Instant::now());
                let answered = tokio::time::timeout(left(), this.answer(event.payload)).await;
                if this.counts(has_alterations) {
                    letters::within(left(), this.count_dead_letters()).await;
                }
                Ok::<_, Error>(answered.unwrap_or_else(|_| {
                    tracing::error!("no time left; the records come again");
                    first.map(record::from).unwrap_or_default()
                }))
            })
        }))
        .await
    }
}
