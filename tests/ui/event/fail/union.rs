use cqrs_core::prelude::*;

#[event]
pub union Created {
    a: u8,
    b: i8,
}

fn main() {}
