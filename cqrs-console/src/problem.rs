use std::fmt::Display;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use cqrs_core::app::QueryError;
use cqrs_core::delivery::DeliveryError;
use cqrs_core::inspect::InspectError;
use cqrs_core::{KeyError, StoreError};
use serde_json::{Value, json};

/// Why a request was not answered as asked: problem details, RFC 9457.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    /// Whether the same request may succeed later; `None` if that does not matter.
    transient: Option<bool>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), transient: None }
    }

    /// A parameter that is missing or wrong.
    pub(crate) fn query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "query", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    fn store(error: &dyn Display, transient: bool) -> Self {
        Self { transient: Some(transient), ..Self::new(StatusCode::BAD_GATEWAY, "store", error.to_string()) }
    }

    pub(crate) fn value(&self) -> Value {
        let mut value = json!({
            "type": format!("/problems/{}", self.kind),
            "title": self.kind.replace('-', " "),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let (Some(transient), Value::Object(members)) = (self.transient, &mut value) {
            members.insert("transient".to_owned(), transient.into());
        }
        value
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/problem+json");
        (self.status, [(CONTENT_TYPE, json)], self.value().to_string()).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::store(&error, error.is_transient())
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "key", error.to_string())
    }
}

impl From<InspectError> for Problem {
    fn from(error: InspectError) -> Self {
        let of = |status, kind| Self::new(status, kind, error.to_string());
        match &error {
            InspectError::UnknownEntity { .. } => of(StatusCode::NOT_FOUND, "unknown-entity"),
            InspectError::UnknownProjection { .. } => of(StatusCode::NOT_FOUND, "unknown-projection"),
            InspectError::UnknownIndex { .. } => of(StatusCode::NOT_FOUND, "unknown-index"),
            InspectError::Value { .. } => of(StatusCode::BAD_REQUEST, "value"),
            InspectError::Key(_) => of(StatusCode::BAD_REQUEST, "key"),
            InspectError::Cursor(_) | InspectError::Query(QueryError::Cursor { .. }) => {
                of(StatusCode::BAD_REQUEST, "cursor")
            }
            InspectError::Replay(_) => of(StatusCode::BAD_GATEWAY, "replay"),
            InspectError::Store(store) | InspectError::Query(QueryError::Store(store)) => {
                Self::store(&error, store.is_transient())
            }
            _ => Self::store(&error, false),
        }
    }
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match &error {
            DeliveryError::UnknownSubscriber { .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown-subscriber", error.to_string())
            }
            _ => Self::store(&error, error.is_transient()),
        }
    }
}
