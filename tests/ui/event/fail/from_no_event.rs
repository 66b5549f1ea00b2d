use cqrs_core::prelude::*;

pub struct OrderCreatedV1;

#[event(schema = 2, from = OrderCreatedV1)]
pub struct OrderCreated;

impl From<OrderCreatedV1> for OrderCreated {
    fn from(_: OrderCreatedV1) -> Self {
        Self
    }
}

fn main() {}
