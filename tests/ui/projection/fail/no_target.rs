use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

fn main() {}
