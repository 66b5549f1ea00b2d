//! Errors as clients see them: problem details, RFC 9457.

mod errors;
mod response;

use std::borrow::Cow;
use std::fmt;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use errors::{contended, internal, wrong_cursor};
pub(crate) use response::DEFAULT_TYPES;

/// An error as a client sees it: `application/problem+json`, RFC 9457.
///
/// The framework answers errors with a `Problem`, and your own routes may use it too: it is an
/// [`IntoResponse`](axum::response::IntoResponse), and can be made from every error of the app.
///
/// ```
/// use axum::Json;
/// use cqrs_core::{App, StoreError};
/// use cqrs_http::Problem;
///
/// async fn route(error: StoreError) -> Result<Json<u64>, Problem> {
///     Err(Problem::from(&error))
/// }
///
/// let problem = Problem::new(cqrs_http::StatusCode::CONFLICT)
///     .of_type("too-little")
///     .detail("only 300 cents are left")
///     .member("balance", 300);
/// assert_eq!(problem.status(), 409);
/// ```
///
/// The status is what the error itself says: `http_status()` of each. A rejection is an exception: its type says more.
///
/// | error | status | type |
/// | --- | --- | --- |
/// | a rejection | 409, or what [`Rejection::status`](crate::Rejection::status) says | what [`Rejection::kind`](crate::Rejection::kind) says |
/// | [`ExecuteError::Conflict`](cqrs_core::ExecuteError::Conflict) in an [`Api`](crate::Api) | 412 if the request says which version it expects; otherwise 503 with `Retry-After` | `version-mismatch`, `conflict` |
/// | `Conflict` in a route of your own, which knows what its request expects | 409 | `conflict` |
/// | `NotUnique` | 409, with the `field` | `not-unique` |
/// | `CommandIdTaken` | 422 | `idempotency-key-reused` |
/// | `TooLarge` | 413 | `too-large` |
/// | `Key`, `Option` | 400 | `wrong-key`, `wrong-option` |
/// | `ViewKey`, [`StoreError::Encode`](cqrs_core::StoreError::Encode), `Refused` with [`RefusedKind::Data`](cqrs_core::RefusedKind::Data) | 422 | `not-storable` |
/// | [`StoreError::Throttled`](cqrs_core::StoreError::Throttled) | 429 with `Retry-After` | `throttled` |
/// | `Unavailable`, `Denied`, `Unreserved` | 503 with `Retry-After` | `unavailable` |
/// | [`ReadError::TimeLimit`](cqrs_core::app::ReadError::TimeLimit), [`QueryError::Unshown`](cqrs_core::app::QueryError::Unshown) | 503 with `Retry-After` | `behind` |
/// | `OtherStream`, `OtherTenant`, `NotStored` | 400 | `wrong-token` |
/// | [`QueryError::Cursor`](cqrs_core::app::QueryError::Cursor) | 400 | `wrong-cursor` |
/// | `Refused` with [`RefusedKind::Unsupported`](cqrs_core::RefusedKind::Unsupported) | 501 | `about:blank` |
/// | all others | 500, without what was wrong: that is in the log | `about:blank` |
#[derive(Clone)]
pub struct Problem(Box<Inner>);

#[derive(Clone)]
struct Inner {
    status: StatusCode,
    kind: Option<Cow<'static, str>>,
    title: Option<Cow<'static, str>>,
    detail: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem that is fully described by its status; its type is `about:blank`.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self(Box::new(Inner {
            status,
            kind: None,
            title: None,
            detail: None,
            members: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// The caller did not authenticate: 401, which asks for a bearer token.
    #[must_use]
    pub fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        let bearer = HeaderValue::from_static("Bearer");
        Self::new(StatusCode::UNAUTHORIZED).detail(detail).header(header::WWW_AUTHENTICATE, bearer)
    }

    /// The caller may not do this: 403.
    #[must_use]
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN).detail(detail)
    }

    /// Its type: a word such as `too-little`, from which [`Api::problem_types`](crate::Api::problem_types) makes a URI,
    /// or a URI of your own.
    #[must_use]
    pub fn of_type(mut self, kind: impl Into<Cow<'static, str>>) -> Self {
        self.0.kind = Some(kind.into());
        self
    }

    /// The title, which is the same for every problem of one type. Without it, the title is made from the type.
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.0.title = Some(title.into());
        self
    }

    /// What happened this time, for a person.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// A member of your own, in addition to those of RFC 9457, which it cannot replace. It is left out if serde cannot
    /// serialize it.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.members.insert(name.into(), value);
        }
        self
    }

    /// A header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// After how many seconds the same request may work.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Its type, as it was given; `None` for `about:blank`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.0.kind.as_deref()
    }

    pub(crate) fn bad_request(kind: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).of_type(kind).detail(detail)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.0.status)
            .field("kind", &self.0.kind)
            .field("detail", &self.0.detail)
            .field("members", &self.0.members)
            .finish_non_exhaustive()
    }
}
