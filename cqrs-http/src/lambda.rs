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
//!
//! # Ids in paths
//!
//! An HTTP API decodes the path before the function gets it. An id with a `/` or a `?` cannot be recovered there: the
//! path ends too early, or has one segment more. A function URL passes the path on as it was sent, so use one if your
//! ids have such characters. All other characters arrive in both. A path with a segment `.` or `..` is answered with
//! 400, encoded or not.

use std::convert::Infallible;

use axum::Router;
use axum::response::{IntoResponse, Response};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Request, RequestExt, Service, service_fn};
use serde::Serialize;

use crate::Problem;

/// Why the function ended: its environment is not that of a function, or the runtime's API cannot be reached.
pub use lambda_http::Error;

/// Answers requests until Lambda ends the function.
///
/// Behind an HTTP API, an id in the path may have any character but `/` and `?`: see [the module](self#ids-in-paths).
///
/// # Errors
/// [`Error`].
pub async fn run(router: Router) -> Result<(), Error> {
    lambda_http::lambda_runtime::run(service(router)).await
}

/// The function without the runtime: what answers one event.
#[doc(hidden)]
pub fn service(
    router: Router,
) -> impl Service<
    LambdaEvent<LambdaRequest>,
    Response = impl Serialize,
    Error = Infallible,
    Future: Future + Send + 'static,
> {
    let answering = service_fn(move |request: Request| answer(router.clone(), request));
    let mut answering = Adapter::from(answering);
    service_fn(move |mut event: LambdaEvent<LambdaRequest>| {
        if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload
            && let Some(path) = &mut request.raw_path
        {
            let domain = request.request_context.domain_name.as_deref().unwrap_or_default();
            *path = encoded(path, !domain.contains(FUNCTION_URL));
        }
        answering.call(event)
    })
}

/// Part of the domain name of every function URL, and of no HTTP API.
const FUNCTION_URL: &str = ".lambda-url.";

async fn answer(mut router: Router, request: Request) -> Result<Response, Infallible> {
    // Such segments are resolved when the event becomes a request, so the path would be that of something else.
    if request.raw_http_path().split('/').any(is_relative) {
        let problem = Problem::bad_request("wrong-key", "the path has a segment `.` or `..`");
        return Ok(problem.into_response());
    }
    router.call(request).await
}

/// The path with everything encoded that has a meaning in a URL, or that a URL cannot have. A percent sign of a decoded
/// path is one of these characters; otherwise it begins an encoded character.
fn encoded(path: &str, is_decoded: bool) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'%' if !is_decoded => out.push('%'),
            // The characters of a segment, RFC 3986 § 3.3.
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether a segment names its own place or the one above, in one of the forms that URLs have for it.
fn is_relative(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}
