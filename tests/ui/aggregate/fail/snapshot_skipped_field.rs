use cqrs_core::prelude::*;
use cqrs_core::serde::Serialize;

#[aggregate(entity = "CART", snapshot_every = 100)]
#[derive(Default, Serialize)]
#[serde(crate = "cqrs_core::serde")]
pub struct Cart {
    count: u64,
    #[serde(skip)]
    secret: u64,
    #[serde(rename = "hint", skip_serializing)]
    hint: u64,
}

fn main() {}
