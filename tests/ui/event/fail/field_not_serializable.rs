use cqrs_core::prelude::*;

#[derive(EventData)]
pub struct Money(u64);

#[event]
pub struct Paid {
    pub amount: Money,
}

fn main() {}
