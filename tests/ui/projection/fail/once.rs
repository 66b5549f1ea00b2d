use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, once)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

fn main() {}
