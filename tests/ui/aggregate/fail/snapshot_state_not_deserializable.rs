use cqrs_core::prelude::*;
use cqrs_core::serde::Serialize;

#[derive(Default, EventData, Serialize)]
#[serde(crate = "cqrs_core::serde")]
pub struct Money(u64);

#[aggregate(entity = "CART", snapshot_every = 100)]
#[derive(Default)]
pub struct Cart {
    total: Money,
}

fn main() {}
