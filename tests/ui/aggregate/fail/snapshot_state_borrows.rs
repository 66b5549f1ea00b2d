use cqrs_core::prelude::*;

#[aggregate(entity = "CART", snapshot_every = 100)]
#[derive(Default)]
pub struct Cart {
    owner: &'static str,
    names: Vec<&'static str>,
    count: u64,
}

fn main() {}
