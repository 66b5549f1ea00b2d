use cqrs_core::prelude::*;

#[aggregate(entity = "cart")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
