//! The orders of the example `orders` as Lambda functions: the same domain, read models and handler, line for line.
//!
//! | binary | what it does |
//! | --- | --- |
//! | `orders-commands` | executes one command, as a line of the file of the example `orders` |
//! | `orders-relay` | from the events table's stream to the topic |
//! | `orders-subscriber` | the subscribers of the queue that the environment names, one function each |
//! | `orders-template` | prints the template that deploys the other three |

use cqrs_core::App;
use cqrs_dynamo::template::PREFIX;
use cqrs_dynamo::{Broker, Dynamo, Tables};
use lambda_runtime::Error;
use orders::read_models::{NotificationService, OrderCreatedHandler};

/// The value of a variable of the environment.
///
/// # Errors
/// Names the variable that is missing.
pub fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("the environment has no `{name}`; the template sets it").into())
}

/// The tables that the template made.
///
/// # Errors
/// If no region is configured.
pub async fn connect() -> Result<Dynamo, Error> {
    Ok(Dynamo::from_env().await?.with_tables(Tables::with_prefix(&prefix())))
}

/// The topic and the queues of the stack.
pub fn broker(dynamo: &Dynamo) -> Broker {
    Broker::from_conf(dynamo.sdk_config()).with_prefix(prefix())
}

fn prefix() -> String {
    std::env::var(PREFIX).unwrap_or_default()
}

/// The app with all its subscribers.
///
/// # Errors
/// The faults of the wiring.
pub fn app(dynamo: &Dynamo) -> Result<App, Error> {
    let handler = OrderCreatedHandler { notifications: NotificationService::default() };
    Ok(App::builder(dynamo).provide(handler).build()?)
}

/// The app for a function that delivers nothing.
///
/// # Errors
/// The faults of the wiring.
pub fn app_without_subscribers(dynamo: &Dynamo) -> Result<App, Error> {
    Ok(App::builder(dynamo).only([]).build()?)
}

#[cfg(test)]
mod tests {
    use super::OrderCreatedHandler;

    // What is linked into the functions is what is linked into this test.
    cqrs_core::testing::wiring!(provides: [OrderCreatedHandler], crates: [orders]);
}
