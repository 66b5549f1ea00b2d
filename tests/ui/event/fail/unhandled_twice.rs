use cqrs_core::prelude::*;

#[event(unhandled = "nobody asks", name = "Made", unhandled = "still nobody")]
pub struct Created {
    pub what: String,
}

fn main() {}
