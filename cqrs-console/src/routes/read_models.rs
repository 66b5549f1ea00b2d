use axum::Json;
use axum::extract::{Request, State};
use cqrs_core::Tenant;
use cqrs_core::inspect::{AskedView, LinkedProjection};
use serde::Deserialize;

use super::{Answer, Shared, json};
use crate::problem::Problem;
use crate::request::{Params, body};

const MOST_VIEWS: u32 = 100;

/// `GET /api/read-models`
pub(super) async fn read_models(
    State(context): Shared,
    params: Params,
) -> Answer<Json<Vec<LinkedProjection>>> {
    params.only(&[])?;
    Ok(Json(context.app.inspect().projections()))
}

/// `GET /api/view`
pub(super) async fn view(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["projection", "tenant", "id"])?;
    let (projection, tenant) = (params.required("projection")?, params.tenant()?);
    match context.app.inspect().view(projection, &tenant, &params.all("id")).await? {
        Some(view) => Ok(json(view)),
        None => Err(Problem::not_found(format!("`{projection}` has no view with this key"))),
    }
}

/// The body of `POST /api/views`.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    tenant: String,
    #[serde(flatten)]
    view: AskedView,
}

/// `POST /api/views`: a read whose question does not fit into an address.
pub(super) async fn views(State(context): Shared, request: Request) -> Answer {
    let Asked { tenant, view } = body(request, &context.limits).await?;
    if view.limit > MOST_VIEWS {
        return Err(Problem::query(format!("`limit` is at most {MOST_VIEWS}")));
    }
    Ok(json(context.app.inspect().views(&Tenant::new(tenant)?, &view).await?))
}
