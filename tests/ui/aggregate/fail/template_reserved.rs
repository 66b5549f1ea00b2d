use cqrs_core::prelude::*;

#[aggregate(entity = "CART", sk = "CART@{id}")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
