use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use cqrs_core::app::Found;
use cqrs_core::projection::Projection;

use super::{json, set_private, set_text};
use crate::api::{Operation, Shared};
use crate::problem::internal;
use crate::request::{Awaited, awaited, entity_tag, is_expected, is_known};
use crate::{Caller, Problem, StatusCode};

/// RFC 7240.
static PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

pub(crate) fn mount<T, S, V>(shared: Arc<Shared>, operation: Arc<Operation>) -> MethodRouter<S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
    V: Projection,
{
    get(move |State(state): State<S>, request: Request| {
        let (shared, operation) = (Arc::clone(&shared), Arc::clone(&operation));
        async move {
            let (mut parts, _) = request.into_parts();
            let answer = async {
                let caller = shared.caller::<T, S>(&mut parts, &state).await?;
                Ok(read::<V>(&shared, &operation, &caller, parts).await?)
            };
            shared.answer(answer).await
        }
    })
}

async fn read<V: Projection>(
    shared: &Shared,
    operation: &Operation,
    caller: &dyn Caller,
    mut parts: Parts,
) -> Result<Response, Problem> {
    let key = shared.key::<V::Key>(operation, caller, &mut parts).await?;
    let awaited = awaited(&parts.headers, shared.app.settings().read_wait, shared.limits.wait)?;
    let read = shared.app.view::<V>(&key);
    let found = match &awaited {
        None => read.found().await.map_err(|error| Problem::from(&error))?,
        Some(Awaited { token, within, .. }) => {
            let found = read.at_least(token).within(*within).found().await;
            found.map_err(|error| Problem::from(&error))?
        }
    };
    let found = found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND))?;

    let tag = tag(&found);
    if !is_expected(&parts.headers, &tag)? {
        return Err(mismatch(&tag));
    }
    let mut response = if is_known(&parts.headers, &tag)? {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        json(serde_json::to_vec(&found.view).map_err(|error| internal(&error))?)
    };
    set_text(&mut response, header::ETAG, &tag)?;
    set_private(&mut response);
    applied(&mut response, awaited.as_ref())?;
    Ok(response)
}

fn mismatch(tag: &str) -> Problem {
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED).of_type("version-mismatch");
    let problem = problem.detail("the view is not the one that the request expects");
    match HeaderValue::from_str(tag) {
        Ok(tag) => problem.header(header::ETAG, tag),
        Err(_) => problem,
    }
}

/// Other content has another tag. So does another tenant, whose views are at the same URLs.
///
/// The version of a keyed view counts its changes, and is not the version of any stream. So its tag is one that no
/// command accepts.
fn tag<V: Projection>(found: &Found<V>) -> String {
    let tag = entity_tag(found.version, Some(found.stamp()));
    if V::KEYED { tag.replacen('"', "\"k", 1) } else { tag }
}

/// States that the wait was the one that the client preferred.
pub(super) fn applied(response: &mut Response, awaited: Option<&Awaited>) -> Result<(), Problem> {
    match awaited {
        Some(Awaited { within, preferred: true, .. }) => {
            set_text(response, PREFERENCE_APPLIED.clone(), &format!("wait={}", within.as_secs()))
        }
        _ => Ok(()),
    }
}
