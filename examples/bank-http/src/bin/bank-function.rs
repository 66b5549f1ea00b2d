//! The router as a Lambda function. What it commits is delivered by `bank-projections`.

use bank_http::{api, app};
use cqrs_http::lambda::{Error, run};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(api(&app().await?).router()?).await
}
