use cqrs_core::prelude::*;

#[aggregate(entity = "CART@1")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
