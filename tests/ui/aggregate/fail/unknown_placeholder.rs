use cqrs_core::prelude::*;

#[aggregate(entity = "CART", key(customer: String), sk = "CART#{custmer}")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
