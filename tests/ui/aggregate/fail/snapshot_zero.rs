use cqrs_core::prelude::*;

#[aggregate(entity = "CART", snapshot_every = 0)]
#[derive(Default)]
pub struct Cart {}

fn main() {}
