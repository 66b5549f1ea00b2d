use cqrs_core::prelude::*;

#[event(schema = 2)]
pub struct OrderCreated {
    pub cents: u64,
}

fn main() {}
