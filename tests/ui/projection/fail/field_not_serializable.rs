use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Default)]
pub struct Money(u64);

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: Money,
}

fn main() {}
