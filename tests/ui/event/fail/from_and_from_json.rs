use cqrs_core::prelude::*;

#[event(name = "OrderCreated")]
pub struct OrderCreatedV1;

#[event(schema = 2, from = OrderCreatedV1, from_json(1, |data: cqrs_core::Json| data))]
pub struct OrderCreated;

impl From<OrderCreatedV1> for OrderCreated {
    fn from(_: OrderCreatedV1) -> Self {
        Self
    }
}

fn main() {}
