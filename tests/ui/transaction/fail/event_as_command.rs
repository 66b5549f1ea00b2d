use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, OrderShipped};

pub async fn ship(app: &App, order: &OrderKey) -> Result<Transacted, TransactionError> {
    app.transaction().execute(order, OrderShipped { tracking: "Z1".into() }).await
}

fn main() {}
