use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use cqrs_core::command::{Decide, StoredCommand};
use cqrs_core::{Aggregate, App, Committed, ExecuteError, Outcome, Version};

use super::{json, set, set_text};
use crate::api::{Operation, Shared};
use crate::problem::contended;
use crate::request::{
    COMMIT_TOKEN, Expected, command_id, decoded, entity_tag, expected, read_body, trace_context,
};
use crate::{Caller, Problem, Rejection, StatusCode};

/// The answer is that of an earlier request with the same key.
static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub(crate) fn mount<T, S, A, C>(shared: Arc<Shared>, operation: Arc<Operation>) -> MethodRouter<S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
    A: Aggregate + Decide<C, Rejection: Rejection>,
    C: StoredCommand,
{
    post(move |State(state): State<S>, request: Request| {
        let (shared, operation) = (Arc::clone(&shared), Arc::clone(&operation));
        async move {
            let (mut parts, body) = request.into_parts();
            let answer = async {
                let caller = shared.caller::<T, S>(&mut parts, &state).await?;
                Ok(execute::<A, C>(&shared, &operation, &caller, parts, body).await?)
            };
            shared.answer(answer).await
        }
    })
}

async fn execute<A, C>(
    shared: &Shared,
    operation: &Operation,
    caller: &dyn Caller,
    mut parts: Parts,
    body: Body,
) -> Result<Response, Problem>
where
    A: Aggregate + Decide<C, Rejection: Rejection>,
    C: StoredCommand,
{
    let key = shared.key::<A::Key>(operation, caller, &mut parts).await?;
    let headers = &parts.headers;
    let user = caller.user().filter(|user| !user.is_empty());
    let id = command_id(headers, user)?;
    let condition = expected(headers)?;
    let bytes = read_body(headers, body, shared.limits.body, shared.limits.body_time).await?;
    let command = decoded::<C>(&bytes)?;

    let version = expected_version::<A>(&shared.app, &key, &condition).await?;
    let mut execute = shared.app.execute(&key, command);
    if let Some(user) = user {
        execute = execute.by(user);
    }
    if let Some(id) = id {
        execute = execute.command_id(id);
    }
    if let Some(version) = version {
        execute = execute.expect_version(version);
    }
    if let Some(span) = trace_context(&parts.headers) {
        execute = execute.trace_context(span);
    }
    match execute.await {
        Ok(done) => answer(&done),
        Err(ExecuteError::Conflict { actual, .. }) => {
            Err(if version.is_some() { mismatch(actual) } else { contended() })
        }
        Err(error) => Err(Problem::from(&error)),
    }
}

/// The version that the command is decided for; `None` if any version will do.
async fn expected_version<A: Aggregate>(
    app: &App,
    key: &A::Key,
    condition: &Expected,
) -> Result<Option<Version>, Problem> {
    let current = || async {
        let loaded = app.load(key).await.map_err(|error| Problem::from(&error))?;
        Ok::<_, Problem>(loaded.version)
    };
    match condition {
        Expected::Any => Ok(None),
        Expected::Version(version) => Ok(Some(*version)),
        // A stream that exists will always exist.
        Expected::Exists => match current().await? {
            Version::NONE => Err(mismatch(Version::NONE)),
            _ => Ok(None),
        },
        // The set of versions may be out of date at once, so the engine checks again.
        Expected::OneOf(versions) => {
            let current = current().await?;
            Ok(versions.iter().copied().find(|version| *version == current).or(versions.last().copied()))
        }
        Expected::Never => Err(mismatch(current().await?)),
    }
}

fn mismatch(actual: Version) -> Problem {
    let detail = format!("the stream is at version {actual}, which is not what the request expects");
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED).of_type("version-mismatch").detail(detail);
    match HeaderValue::from_str(&entity_tag(actual, None)) {
        Ok(tag) => problem.member("actual", actual).header(header::ETAG, tag),
        Err(_) => problem,
    }
}

fn answer<A: Aggregate>(done: &Committed<A>) -> Result<Response, Problem> {
    let token = done.token().to_string();
    // A command that was committed before is answered as it was then.
    let outcome = if done.is_unchanged() { "unchanged" } else { "committed" };
    let version = done.version;
    let body = format!("{{\"outcome\":\"{outcome}\",\"version\":{version},\"token\":\"{token}\"}}");
    let mut response = json(body);
    set(&mut response, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set_text(&mut response, header::ETAG, &entity_tag(version, None))?;
    set_text(&mut response, COMMIT_TOKEN.clone(), &token)?;
    if done.outcome == Outcome::Duplicate {
        set(&mut response, IDEMPOTENCY_REPLAYED.clone(), HeaderValue::from_static("true"));
    }
    Ok(response)
}
