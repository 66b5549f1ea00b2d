//! Executes one command: the event is a line of the file of the example `orders`, and the answer is the result.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use orders::entry::Entry;
use orders::outcome::Outcome;
use orders_lambda::{app_without_subscribers, connect};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let app = &app_without_subscribers(&connect().await?)?;
    run(service_fn(|event: LambdaEvent<Value>| async move {
        let entry = Entry::parse(1, event.payload.to_string().as_bytes())?;
        Ok::<Outcome, Error>(entry.execute(app).await?)
    }))
    .await
}
