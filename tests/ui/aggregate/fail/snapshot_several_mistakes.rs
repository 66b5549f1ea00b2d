use cqrs_core::prelude::*;

#[aggregate(entity = "cart", snapshot_every = 0, shards = 1)]
#[derive(Default)]
pub struct Cart {
    owner: &'static str,
}

fn main() {}
