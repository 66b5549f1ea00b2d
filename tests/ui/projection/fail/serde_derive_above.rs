use cqrs_core::prelude::*;
use cqrs_core::serde::Serialize;
use cqrs_misuse::Order;

#[derive(Serialize)]
#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

fn main() {}
