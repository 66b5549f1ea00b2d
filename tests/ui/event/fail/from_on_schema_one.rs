use cqrs_core::prelude::*;

#[event(name = "OrderCreated")]
pub struct OrderCreatedV1;

#[event(from = OrderCreatedV1)]
pub struct OrderCreated;

impl From<OrderCreatedV1> for OrderCreated {
    fn from(_: OrderCreatedV1) -> Self {
        Self
    }
}

fn main() {}
