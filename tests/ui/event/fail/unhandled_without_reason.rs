use cqrs_core::prelude::*;

#[event(unhandled)]
pub struct Created {
    pub what: String,
}

#[event(unhandled = true)]
pub struct Changed {
    pub what: String,
}

fn main() {}
