use cqrs_core::prelude::*;

#[aggregate(entity = "CART", snapshot_every = 10, snapshot_every = 100)]
#[derive(Default)]
pub struct Cart {}

fn main() {}
