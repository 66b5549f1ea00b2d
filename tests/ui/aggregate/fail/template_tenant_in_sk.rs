use cqrs_core::prelude::*;

#[aggregate(entity = "CART", sk = "CART#{tenant}#{id}")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
