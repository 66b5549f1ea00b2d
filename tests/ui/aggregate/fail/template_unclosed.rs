use cqrs_core::prelude::*;

#[aggregate(entity = "CART", pk = "{tenant}#CART", sk = "CART#{id")]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", sk = "BOX#id}")]
#[derive(Default)]
pub struct Parcel {}

fn main() {}
