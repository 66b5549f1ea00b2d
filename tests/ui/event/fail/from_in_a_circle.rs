use cqrs_core::prelude::*;

#[event(name = "OrderCreated", schema = 2, from = OrderCreated)]
pub struct OrderCreatedV2;

#[event(schema = 3, from = OrderCreatedV2)]
pub struct OrderCreated;

impl From<OrderCreatedV2> for OrderCreated {
    fn from(_: OrderCreatedV2) -> Self {
        Self
    }
}

impl From<OrderCreated> for OrderCreatedV2 {
    fn from(_: OrderCreated) -> Self {
        Self
    }
}

fn main() {}
