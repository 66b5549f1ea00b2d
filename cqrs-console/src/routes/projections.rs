use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cqrs_core::app::ProjectionState;
use serde::{Deserialize, Serialize};

use super::{Answer, Shared, json};
use crate::problem::Problem;
use crate::replays::ReplayShown;
use crate::request::{Name, Params, body};

/// The state of a projection, with that of its last replay here.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    state: ProjectionState,
    replay: Option<ReplayShown>,
}

/// `GET /api/projections`
pub(super) async fn projections(State(context): Shared, params: Params) -> Answer {
    params.only(&[])?;
    let states = context.app.projections().await?;
    let mut replays = context.replays.all();
    let shown = states.into_iter().map(|state| {
        let nth = replays.iter().position(|replay| replay.projection == state.projection);
        Shown { replay: nth.map(|nth| replays.swap_remove(nth)), state }
    });
    let shown = serde_json::to_value(shown.collect::<Vec<_>>()).unwrap_or_default();
    context.projections.keep(shown.clone());
    Ok(json(shown))
}

/// `GET /api/replays`
pub(super) async fn replays(State(context): Shared, params: Params) -> Answer<Json<Vec<ReplayShown>>> {
    params.only(&[])?;
    Ok(Json(context.replays.all()))
}

/// A body without members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `POST /api/projections/{name}/replay`
pub(super) async fn replay(State(context): Shared, Name(name): Name, request: Request) -> Answer<Response> {
    let Nothing {} = body(request, &context.limits).await?;
    let linked = context.app.inspect().projections();
    if !linked.iter().any(|projection| projection.name == name) {
        let known = linked.iter().map(|projection| projection.name).collect::<Vec<_>>().join(", ");
        let detail = format!("this program has no projection `{name}`; there are {known}");
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-projection", detail));
    }
    let begun = context.replays.begin(&name)?;
    Ok((StatusCode::ACCEPTED, Json(begun)).into_response())
}
