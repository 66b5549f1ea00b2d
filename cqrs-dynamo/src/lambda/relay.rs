use std::sync::Arc;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use cqrs_core::App;
use cqrs_core::delivery::{Alteration, Publisher};
use cqrs_core::store::record;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

use super::deadline;
use crate::relay::relay_records;
use crate::table::attribute;

/// What the stream calls a new item, one that was written over, and one that was deleted.
const INSERT: &str = "INSERT";
const MODIFY: &str = "MODIFY";
const REMOVE: &str = "REMOVE";

/// The relay as a Lambda function behind the stream of the events table.
///
/// It publishes the commits of a batch in their order and names the first record that was not accepted: Lambda sends that
/// one and those after it again. Lambda reads the shards, parents before children, and keeps the position.
///
/// A record that says that a commit was overwritten or deleted is logged as an error and kept as a dead letter of `@relay`;
/// the batch goes on.
///
/// The stream keeps its records for 24 hours, and so long Lambda tries. What it has not got rid of by then it gives up, and
/// tells the mapping's on-failure destination, a queue with an alarm in a
/// [`Template`](crate::template::Template): `DDBStreamBatchInfo.approximateArrivalOfFirstRecord` of the oldest message there
/// is since when commits may not have been published. They are in the events table still, and
/// [`Relay::catch_up`](crate::Relay::catch_up) publishes from there what was recorded since. The same goes for a mapping that
/// was disabled, or a table without one, for longer than 24 hours. Views need no more than that a later commit of the
/// stream arrives: they read what is missing from the store.
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
        let records = event.records.into_iter().filter_map(read).collect();
        let relayed = relay_records(&self.app, &self.publisher, records).await;
        relayed.map_or_else(
            |stopped| {
                tracing::error!(sequence_number = stopped.sequence_number, error = %stopped.error, "not published");
                from(stopped.sequence_number)
            },
            |()| DynamoDbEventResponse::default(),
        )
    }

    /// Answers the events of the Lambda runtime for as long as it sends some. An invocation that would run out of time is
    /// answered before: its records come again.
    ///
    /// # Errors
    /// What the runtime says.
    pub async fn run(self) -> Result<(), Error> {
        let this = Arc::new(self);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
            let this = Arc::clone(&this);
            async move {
                let first = event.payload.records.first().map(number);
                let left = deadline::time_left(&event.context);
                let answered = tokio::time::timeout(left, this.answer(event.payload)).await;
                Ok::<_, Error>(answered.unwrap_or_else(|_| {
                    tracing::error!(?left, "no time left; the records come again");
                    first.map(from).unwrap_or_default()
                }))
            }
        }))
        .await
    }
}

/// The record's number, and a commit or what was done to one; none where it is about another item.
fn read(record: EventRecord) -> Option<(String, Value)> {
    let number = number(&record);
    let stored = match record.event_name.as_str() {
        INSERT => {
            // Attributes that are no JSON are left out, as the stream's own reader does.
            let mut image = record.change.new_image.into_inner();
            image.remove(record::STATE);
            Some(Value::Object(attribute::image_readable(image, &mut Vec::new()).collect()))
        }
        MODIFY => altered(Alteration::Overwritten, record),
        REMOVE => altered(Alteration::Removed, record),
        _ => None,
    };
    Some((number, stored?))
}

fn altered(what: Alteration, record: EventRecord) -> Option<Value> {
    let keys = record.change.keys.into_inner();
    let keys = Value::Object(attribute::image_readable(keys, &mut Vec::new()).collect());
    what.record(keys.get("pk")?.as_str()?, keys.get("sk")?.as_str()?)
}

fn number(record: &EventRecord) -> String {
    record.change.sequence_number.clone().unwrap_or_default()
}

/// The answer that this record and all after it have to come again.
fn from(sequence_number: String) -> DynamoDbEventResponse {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence_number);
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures.push(failure);
    response
}
