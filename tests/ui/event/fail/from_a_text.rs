use cqrs_core::prelude::*;

#[event(schema = 2, from = "OrderCreatedV1")]
pub struct OrderCreated;

fn main() {}
