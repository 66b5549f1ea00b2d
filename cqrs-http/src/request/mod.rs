//! The parts of a request other than its path: conditions, keys, tokens, bodies, parameters.

mod body;
mod condition;
mod idempotency;
mod parameters;
mod trace;
mod wait;

pub(crate) use body::{decoded, read_body};
pub(crate) use condition::{Expected, entity_tag, expected, is_expected, is_known};
pub(crate) use idempotency::command_id;
pub(crate) use parameters::{Parameters, wrong_parameter};
pub(crate) use trace::trace_context;
pub(crate) use wait::{Awaited, COMMIT_TOKEN, awaited};

use axum::http::{HeaderMap, HeaderName};

use crate::Problem;

/// The values of a header, one per line of it. It fails for text that is not visible ASCII.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Vec<&'a str>, Problem> {
    headers.get_all(name).iter().map(|value| value.to_str().map_err(|_| malformed(name))).collect()
}

/// The value of a header that may be present once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    match (first.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(malformed(name)),
    }
}

fn malformed(name: &HeaderName) -> Problem {
    wrong(name, "it is given twice, or has characters other than visible ASCII")
}

fn wrong(name: &HeaderName, reason: &str) -> Problem {
    Problem::bad_request("wrong-header", format!("the header `{name}` cannot be used: {reason}"))
        .member("header", name.as_str())
}
