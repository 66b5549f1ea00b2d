use cqrs_core::prelude::*;

#[aggregate(entity = "CART", shards = 1)]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", shards = 16, pk = "{tenant}#BOX")]
#[derive(Default)]
pub struct Parcel {}

#[aggregate(entity = "BAG", pk = "{tenant}#BAG#{shard}")]
#[derive(Default)]
pub struct Bag {}

fn main() {}
