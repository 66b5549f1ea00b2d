use cqrs_core::prelude::*;

#[event]
pub struct MoneyDeposited {
    pub cents: u128,
}

#[event]
pub struct Moved {
    pub cents: Vec<i128>,
}

fn main() {}
