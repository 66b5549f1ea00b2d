use axum::extract::State;

use super::{Answer, Shared, json};
use crate::request::Params;

/// `GET /api/wiring`
pub(super) async fn wiring(State(context): Shared, params: Params) -> Answer {
    params.only(&[])?;
    Ok(json(context.app.wiring()))
}
