//! The subscribers of one queue.

use cqrs_dynamo::lambda::QueueFunction;
use cqrs_dynamo::template::{DEAD_LETTERS_URL, QUEUE};
use lambda_runtime::Error;
use orders_lambda::{app, broker, connect, variable};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let dynamo = connect().await?;
    let (queue, dead_letters) = (variable(QUEUE)?, variable(DEAD_LETTERS_URL)?);
    QueueFunction::new(&broker(&dynamo), &app(&dynamo)?, &queue, dead_letters)?.run().await
}
