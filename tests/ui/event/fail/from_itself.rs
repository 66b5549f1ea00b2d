use cqrs_core::prelude::*;

#[event(schema = 2, from = OrderCreated)]
pub struct OrderCreated;

fn main() {}
