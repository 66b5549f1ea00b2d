use cqrs_core::prelude::*;

#[event(schema = 0)]
pub struct Created {
    pub what: String,
}

fn main() {}
