use cqrs_core::prelude::*;

#[aggregate(entity = "CART", snapshot_every = "100")]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", snapshot_every = -1)]
#[derive(Default)]
pub struct Parcel {}

#[aggregate(entity = "BAG", snapshot_every)]
#[derive(Default)]
pub struct Bag {}

#[aggregate(entity = "SACK", snapshot_every(100))]
#[derive(Default)]
pub struct Sack {}

#[aggregate(entity = "CRATE", snapshot_every = 5_000_000_000)]
#[derive(Default)]
pub struct Crate {}

fn main() {}
