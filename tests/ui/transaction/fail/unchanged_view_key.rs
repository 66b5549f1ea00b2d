use cqrs_core::prelude::*;
use cqrs_misuse::{OrderCreated, OrderKey, ShipOrder};

#[projection(key(customer_id: String))]
#[derive(Default)]
pub struct Customer {
    pub orders: u64,
}

#[projection(key(customer_id))]
impl Customer {
    #[apply]
    fn created(&mut self, _: &OrderCreated) {
        self.orders += 1;
    }
}

pub async fn ship(app: &App, order: &OrderKey, customer: &CustomerKey) -> Result<Transacted, TransactionError> {
    app.transaction().execute(order, ShipOrder { tracking: "Z1".into() }).unchanged(customer).await
}

fn main() {}
