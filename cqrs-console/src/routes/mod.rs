//! The routes; `API.md` has an example of each.

mod dead_letters;
mod overview;
mod projections;
mod read_models;
mod related;
mod schemas;
mod streams;
mod tail;
mod tenants;
mod timers;
mod wiring;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};

use crate::access::{guard, secure};
use crate::assets;
use crate::context::Context;
use crate::problem::Problem;

/// The answer of a route.
type Answer<T = Response> = Result<T, Problem>;
type Shared = State<Arc<Context>>;

pub(crate) fn router(context: &Arc<Context>) -> Router {
    let in_time = from_fn_with_state(Arc::clone(context), in_time);
    let reading = Router::new()
        .route("/", get(assets::index))
        .route("/assets/{name}", get(assets::asset))
        .route("/api/overview", get(overview::overview))
        .route("/api/tenants", get(tenants::tenants))
        .route("/api/streams", get(streams::streams))
        .route("/api/stream/state", get(streams::state))
        .route("/api/stream/steps", get(streams::steps))
        .route("/api/related", get(related::related))
        .route("/api/read-models", get(read_models::read_models))
        .route("/api/view", get(read_models::view))
        .route("/api/views", post(read_models::views))
        .route("/api/projections", get(projections::projections))
        .route("/api/replays", get(projections::replays))
        .route("/api/dead-letters", get(dead_letters::dead_letters))
        .route("/api/timers", get(timers::timers))
        .route("/api/wiring", get(wiring::wiring))
        .route("/api/schemas", get(schemas::schemas))
        .route("/api/tail", get(tail::tail))
        .layer(in_time);
    let changing = Router::new()
        .route("/api/projections/{name}/replay", changing(post(projections::replay), context))
        .route("/api/dead-letters/redrive", changing(post(dead_letters::redrive), context))
        .route("/api/dead-letters/discard", changing(post(dead_letters::discard), context));
    reading
        .merge(changing)
        .fallback(|| async { Problem::not_found("there is no such address") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this address has another method")
        })
        .layer(from_fn_with_state(Arc::clone(context), guard))
        .layer(from_fn(secure))
        .with_state(Arc::clone(context))
}

/// A route that changes something.
fn changing(route: MethodRouter<Arc<Context>>, context: &Arc<Context>) -> MethodRouter<Arc<Context>> {
    route.route_layer(from_fn_with_state(Arc::clone(context), writable))
}

async fn writable(State(context): Shared, request: Request, next: Next) -> Response {
    if context.writable {
        return next.run(request).await;
    }
    let detail = "this console is read-only: the program opens it with `Console::writable(true)`";
    Problem::new(StatusCode::FORBIDDEN, "read-only", detail).into_response()
}

/// Ends a request that takes too long to begin its answer.
async fn in_time(State(context): Shared, request: Request, next: Next) -> Response {
    let limit = context.limits.answer_time;
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("the store took longer than {limit:?}");
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "slow", detail).into_response()
    })
}

fn json(value: impl serde::Serialize) -> Response {
    Json(value).into_response()
}
