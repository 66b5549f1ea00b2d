use cqrs_core::prelude::*;

#[aggregate(entity = "CART", snapshots_every = 10)]
#[derive(Default)]
pub struct Cart {}

fn main() {}
