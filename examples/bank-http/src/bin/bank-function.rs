//! The router as a Lambda function. `bank-projections` delivers what it commits.

use bank_http::{api, app};
use cqrs_http::lambda::{Error, run};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(api(&app().await?).router()?).await
}
