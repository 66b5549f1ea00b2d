use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, ShipOrder};

pub async fn ship(app: &App, order: &OrderKey) -> Result<Transacted, TransactionError> {
    app.transaction().execute(order, ShipOrder { tracking: "Z1".into() }).expect_version(order, 3).await
}

fn main() {}
