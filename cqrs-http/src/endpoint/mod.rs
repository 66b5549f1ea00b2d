//! The handlers of the routes: one file for each kind of thing that is listed.

pub(crate) mod command;
pub(crate) mod document;
pub(crate) mod history;
pub(crate) mod query;
pub(crate) mod view;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use crate::Problem;
use crate::problem::internal;

/// An answer of JSON.
fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    set(&mut response, header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn set(response: &mut Response, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

/// A header whose value the framework has made.
fn set_text(response: &mut Response, name: HeaderName, text: &str) -> Result<(), Problem> {
    let value = HeaderValue::from_str(text).map_err(|error| internal(&error))?;
    set(response, name, value);
    Ok(())
}

/// The answer is requested anew each time, and kept for the caller alone, because several callers of one client may
/// share a cache.
fn set_private(response: &mut Response) {
    set(response, header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    set(response, header::VARY, HeaderValue::from_static("authorization, cookie"));
}
