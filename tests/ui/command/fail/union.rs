use cqrs_core::prelude::*;

#[command]
pub union Number {
    whole: u64,
    float: f64,
}

fn main() {}
