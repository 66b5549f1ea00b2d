use cqrs_core::prelude::*;

#[aggregate(entity = "CART", sk = "CART#{}")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
