use cqrs_core::prelude::*;

#[event(name = "OrderCreated")]
pub struct OrderCreatedV1;

#[event(schema = 2, from = OrderCreatedV1)]
pub struct OrderCreated;

fn main() {}
