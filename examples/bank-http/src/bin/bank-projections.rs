//! Takes commits from the stream of the events table to the views.

use bank_http::app;
use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_http::lambda::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    ProjectionsFunction::new(&app().await?).run().await
}
