use cqrs_core::prelude::*;

#[event(nam = "OrderCreated", versio = 2, schma = 3)]
pub struct Created {
    pub what: String,
}

fn main() {}
