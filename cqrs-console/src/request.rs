//! Parameters and bodies of requests, each checked.

use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use cqrs_core::Tenant;
use serde::de::DeserializeOwned;

use crate::limits::Limits;
use crate::problem::Problem;

/// The parameters of a query.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs: Result<Query<Vec<(String, String)>>, _> = Query::try_from_uri(&parts.uri);
        let Query(pairs) = pairs.map_err(|error| Problem::query(error.body_text()))?;
        // An empty parameter counts as absent.
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }
}

/// The variable part of the address in a route.
#[derive(Debug)]
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(name) = path.map_err(|error| Problem::not_found(error.body_text()))?;
        Ok(Self(name))
    }
}

impl Params {
    /// The same, if there are no others than these.
    pub(crate) fn only(self, known: &[&str]) -> Result<Self, Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(self),
            Some((name, _)) if known.is_empty() => {
                Err(Problem::query(format!("there is no parameter `{name}`; this address takes none")))
            }
            Some((name, _)) => {
                let known = known.join("`, `");
                Err(Problem::query(format!("there is no parameter `{name}`; there are `{known}`")))
            }
        }
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(is, _)| is == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        match *self.all(name) {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(Problem::query(format!("`{name}` may be given once"))),
        }
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.one(name)?.ok_or_else(|| Problem::query(format!("`{name}` is missing")))
    }

    pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Problem> {
        let parsed = self.one(name)?.map(str::parse).transpose();
        parsed.map_err(|error| Problem::query(format!("`{name}`: {error}")))
    }

    pub(crate) fn tenant(&self) -> Result<Tenant, Problem> {
        Ok(Tenant::new(self.required("tenant")?)?)
    }

    pub(crate) fn limit(&self, usual: usize, allowed: RangeInclusive<usize>) -> Result<usize, Problem> {
        let limit = self.parsed("limit")?.unwrap_or(usual);
        if allowed.contains(&limit) {
            return Ok(limit);
        }
        let (least, most) = (allowed.start(), allowed.end());
        Err(Problem::query(format!("`limit` is {least} to {most}")))
    }
}

/// Reads a JSON body, within the limits.
pub(crate) async fn body<T: DeserializeOwned>(request: Request<Body>, limits: &Limits) -> Result<T, Problem> {
    check_type(request.headers())?;
    let too_large = || {
        let detail = format!("a body has at most {} bytes", limits.body);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    };
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limits.body as u64) {
        return Err(too_large());
    }
    let read = tokio::time::timeout(limits.body_time, to_bytes(request.into_body(), limits.body)).await;
    let read = read.map_err(|_| {
        let detail = format!("the body took longer than {:?}", limits.body_time);
        Problem::new(StatusCode::REQUEST_TIMEOUT, "slow", detail)
    })?;
    let bytes = read.map_err(|error| match error.to_string().contains("length limit") {
        true => too_large(),
        false => Problem::new(StatusCode::BAD_REQUEST, "body", "the body ended early"),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "body", format!("the body: {error}")))
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body", "the body has to be `application/json`"))
}
