//! From the events table's stream to the topic.

use cqrs_dynamo::SnsPublisher;
use cqrs_dynamo::lambda::RelayFunction;
use cqrs_dynamo::template::TOPIC_ARN;
use lambda_runtime::Error;
use orders_lambda::{app_without_subscribers, broker, connect, variable};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let dynamo = connect().await?;
    let publisher = SnsPublisher::new(broker(&dynamo).sns().clone(), variable(TOPIC_ARN)?);
    RelayFunction::new(&app_without_subscribers(&dynamo)?, publisher).run().await
}
