use axum::extract::State;

use super::{Answer, Shared, json};
use crate::request::Params;

/// `GET /api/related`
pub(super) async fn related(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["tenant", "correlation", "after"])?;
    let (tenant, correlation) = (params.tenant()?, params.required("correlation")?);
    Ok(json(context.app.inspect().related(&tenant, correlation, params.one("after")?).await?))
}
