use cqrs_core::prelude::*;

#[aggregate(entity = "CART", key(id: uuid::Uuid))]
#[derive(Default)]
pub struct Cart {}

fn main() {}
