use cqrs_core::prelude::*;

#[aggregate(entity = "CART", key(year: u16, number: u32), sk = "CART#{number}")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
