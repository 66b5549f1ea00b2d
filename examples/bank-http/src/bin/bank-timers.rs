//! Executes the commands that are due, once a minute.

use bank_http::app;
use cqrs_dynamo::lambda::TimersFunction;
use cqrs_http::lambda::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    TimersFunction::new(&app().await?).run().await
}
