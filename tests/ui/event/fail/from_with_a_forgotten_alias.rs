use cqrs_core::prelude::*;

#[event(name = "OrderTaken", alias = "OrderEntered")]
pub struct OrderTaken;

#[event(alias = "OrderTaken", schema = 2, from = OrderTaken)]
pub struct OrderCreated;

impl From<OrderTaken> for OrderCreated {
    fn from(_: OrderTaken) -> Self {
        Self
    }
}

fn main() {}
