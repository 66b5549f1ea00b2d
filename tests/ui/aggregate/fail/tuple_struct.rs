use cqrs_core::prelude::*;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart(u64);

fn main() {}
