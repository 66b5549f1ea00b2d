use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, ShipOrder};

pub struct RefundOrder;

pub async fn replace(app: &App, old: &OrderKey, new: &OrderKey) -> Result<Transacted, TransactionError> {
    let ship = ShipOrder { tracking: "Z1".into() };
    app.transaction().execute(old, RefundOrder).execute(new, ship).await
}

fn main() {}
