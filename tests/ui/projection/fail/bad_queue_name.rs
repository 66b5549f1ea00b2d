use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, queue = "summaries#1")]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

fn main() {}
