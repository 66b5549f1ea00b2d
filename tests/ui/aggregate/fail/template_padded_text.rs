use cqrs_core::prelude::*;

#[aggregate(entity = "CART", sk = "CART#{id:06}")]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", key(number: u32), sk = "BOX#{number:6}")]
#[derive(Default)]
pub struct Parcel {}

fn main() {}
