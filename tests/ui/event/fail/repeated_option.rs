use cqrs_core::prelude::*;

#[event(name = "A", name = "B")]
pub struct Created {
    pub what: String,
}

fn main() {}
