use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, key(customer_id: String))]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

fn main() {}
