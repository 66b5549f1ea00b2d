use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
#[aggregate(entity = "CART", snapshot_every = 100)]
pub struct Cart {
    total: u64,
}

fn main() {}
