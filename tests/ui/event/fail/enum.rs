use cqrs_core::prelude::*;

#[event]
pub enum Created {
    Online,
    InStore,
}

fn main() {}
