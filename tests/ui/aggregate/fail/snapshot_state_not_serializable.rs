use cqrs_core::prelude::*;

#[derive(Default, EventData)]
pub struct Money(u64);

#[aggregate(entity = "CART", snapshot_every = 100)]
#[derive(Default)]
pub struct Cart {
    total: Money,
}

fn main() {}
