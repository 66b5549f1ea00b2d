use axum::extract::State;

use super::{Answer, Shared, json};
use crate::request::Params;

/// `GET /api/tenants`
pub(super) async fn tenants(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["after"])?;
    Ok(json(context.app.inspect().tenants(params.one("after")?).await?))
}
