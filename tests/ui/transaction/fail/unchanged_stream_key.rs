use cqrs_core::StreamKey;
use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, ShipOrder};

pub async fn ship(app: &App, order: &OrderKey, other: &StreamKey) -> Result<Transacted, TransactionError> {
    app.transaction().execute(order, ShipOrder { tracking: "Z1".into() }).unchanged(other).await
}

fn main() {}
