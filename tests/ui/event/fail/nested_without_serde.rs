use cqrs_core::prelude::*;

pub struct Money {
    pub cents: u64,
}

#[event]
pub struct Paid {
    pub amount: Money,
}

#[event]
pub struct Refunded {
    pub amounts: Vec<Money>,
}

fn main() {}
