use cqrs_core::App;
use cqrs_dynamo::template::PREFIX;
use cqrs_dynamo::{Dynamo, Tables};
use cqrs_http::lambda::Error;

/// The app on the tables that the template made.
pub async fn app() -> Result<App, Error> {
    let prefix = std::env::var(PREFIX)?;
    let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix));
    Ok(App::builder(&dynamo).build()?)
}
