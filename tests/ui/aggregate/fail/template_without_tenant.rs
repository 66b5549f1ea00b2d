use cqrs_core::prelude::*;

#[aggregate(entity = "CART", pk = "CART")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
