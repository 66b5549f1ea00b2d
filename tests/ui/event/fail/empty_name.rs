use cqrs_core::prelude::*;

#[event(name = "")]
pub struct Created {
    pub what: String,
}

fn main() {}
