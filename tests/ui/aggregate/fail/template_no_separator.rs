use cqrs_core::prelude::*;

#[aggregate(entity = "CART", key(year: u16, number: u32), sk = "CART#{year}{number}")]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", key(year: u16, number: u32), sk = "BOX#{year}-{number}")]
#[derive(Default)]
pub struct Parcel {}

fn main() {}
