use cqrs_core::prelude::*;

#[aggregate(entity = "CART", key(tenant: String, number: u32, number: u64))]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", key())]
#[derive(Default)]
pub struct Parcel {}

fn main() {}
