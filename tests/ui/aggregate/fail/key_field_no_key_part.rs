use cqrs_core::prelude::*;

#[aggregate(entity = "CART", key(weight: f64))]
#[derive(Default)]
pub struct Cart {}

fn main() {}
