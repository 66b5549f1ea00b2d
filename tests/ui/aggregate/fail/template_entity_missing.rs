use cqrs_core::prelude::*;

#[aggregate(entity = "CART", pk = "{tenant}", sk = "{id}")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
