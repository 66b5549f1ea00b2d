use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use cqrs_core::App;
use cqrs_core::delivery::Publisher;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use super::{deadline, record};
use crate::relay::relay_records;

/// The relay as a Lambda function that the stream of the events table invokes.
///
/// It publishes the commits of a batch in their order and names the first record that was not accepted: Lambda sends that
/// one and those after it again. Lambda reads the shards, parents before children, and keeps the position.
///
/// A record of an overwritten or deleted commit is logged as an error and kept as a dead letter of `@relay`; the batch continues.
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
}

impl<P: Publisher> RelayFunction<P> {
    /// A relay of an app's commits to a topic. The app needs no subscribers: `only([])`.
    #[must_use]
    pub fn new(app: &App, publisher: P) -> Self {
        Self { app: app.clone(), publisher }
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
                let left = deadline::time_left(&event.context);
                let answered = tokio::time::timeout(left, this.answer(event.payload)).await;
                Ok::<_, Error>(answered.unwrap_or_else(|_| {
                    tracing::error!(?left, "no time left; the records come again");
                    first.map(record::from).unwrap_or_default()
                }))
            })
        }))
        .await
    }
}
