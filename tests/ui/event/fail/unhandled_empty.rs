use cqrs_core::prelude::*;

#[event(unhandled = " ")]
pub struct Created {
    pub what: String,
}

fn main() {}
