use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use cqrs_core::projection::ViewAddress;
use cqrs_core::{App, KeyPart};
use futures_util::FutureExt;

use super::Operation;
use crate::{Access, Caller, Problem, StatusCode};

/// The settings that all routes of an API share.
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) limits: Limits,
    pub(crate) types: Arc<str>,
}

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// The largest body, in bytes.
    pub(crate) body: usize,
    pub(crate) body_time: Duration,
    pub(crate) wait: Duration,
    /// The largest page, in items.
    pub(crate) page: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 256 * 1024,
            body_time: Duration::from_secs(10),
            wait: Duration::from_secs(20),
            page: 100,
        }
    }
}

/// Why a request is not answered as it asks.
pub(crate) enum Refusal {
    /// What the user's extractor answers.
    Extractor(Box<Response>),
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Shared {
    /// The sender of the request, or the extractor's answer to a sender without access.
    pub(crate) async fn caller<T, S>(&self, parts: &mut Parts, state: &S) -> Result<T, Refusal>
    where
        T: Caller + FromRequestParts<S>,
        S: Send + Sync,
    {
        T::from_request_parts(parts, state).await.map_err(|refusal| {
            Refusal::Extractor(Box::new(Problem::retyped(refusal.into_response(), &self.types)))
        })
    }

    /// The answer to a request, even if the code of the app panics on it.
    pub(crate) async fn answer(&self, work: impl Future<Output = Result<Response, Refusal>>) -> Response {
        let answer = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            // The program's panic hook has reported where and why.
            tracing::error!("a request panicked");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into())
        });
        match answer {
            Ok(response) => response,
            Err(Refusal::Extractor(response)) => *response,
            Err(Refusal::Problem(problem)) => problem.to_response(&self.types),
        }
    }

    /// The key that the path names, for the caller's tenant, if the caller may use it.
    pub(crate) async fn key<K: ViewAddress>(
        &self,
        operation: &Operation,
        caller: &dyn Caller,
        parts: &mut Parts,
    ) -> Result<K, Problem> {
        let params = RawPathParams::from_request_parts(parts, &()).await;
        let params = params.map_err(|_| Problem::bad_request("wrong-key", "the path is not UTF-8"))?;
        let mut id = String::new();
        for (at, (field, segment)) in operation.fields().enumerate() {
            if at > 0 {
                id.push('#');
            }
            let before = id.len();
            // A router that this one is nested in may have parameters of its own.
            if let Some((_, text)) = params.iter().find(|(name, _)| *name == segment) {
                text.to_owned().render_part(0, &mut id);
            }
            if id.len() == before {
                return Err(Problem::from(&cqrs_core::KeyError::EmptyPart { part: field }));
            }
        }
        let key = K::from_view_id(caller.tenant().clone(), &id).map_err(|error| Problem::from(&error))?;
        // As the key renders it: `007` is `7` for a number.
        let id = key.view_id().map_err(|error| Problem::from(&error))?;
        caller.allow(&Access { kind: operation.kind(), name: operation.name, id: Some(&id) })?;
        Ok(key)
    }
}
