//! The same router as a Lambda function, behind an HTTP API of API Gateway or behind a function URL.
//!
//! ```no_run
//! # use cqrs_http::axum::Router;
//! # async fn connected() -> Result<Router, cqrs_http::lambda::Error> { Ok(Router::new()) }
//! # async fn example() -> Result<(), cqrs_http::lambda::Error> {
//! let router = connected().await?;       // of `Api::router`
//! cqrs_http::lambda::run(router).await
//! # }
//! ```
//!
//! `Template::http` of `cqrs_dynamo` deploys it. A function lives from request to request, so it delivers nothing. The
//! functions of the queues, or of the projections, do that.

use axum::Router;

/// Why the function ended: its environment is not that of a function, or the runtime's API cannot be reached.
pub use lambda_http::Error;

/// Answers requests until Lambda ends the function.
///
/// # Errors
/// [`Error`].
pub async fn run(router: Router) -> Result<(), Error> {
    lambda_http::run(router).await
}
