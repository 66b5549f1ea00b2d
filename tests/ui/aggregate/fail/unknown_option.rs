use cqrs_core::prelude::*;

#[aggregate(entitty = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate(entity = "BOX", entity = "BOX")]
#[derive(Default)]
pub struct Parcel {}

fn main() {}
