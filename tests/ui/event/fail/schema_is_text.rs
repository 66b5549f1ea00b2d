use cqrs_core::prelude::*;

#[event(schema = "2")]
pub struct Created {
    pub what: String,
}

fn main() {}
