use cqrs_core::prelude::*;

#[aggregate(entity = "")]
#[derive(Default)]
pub struct Cart {}

fn main() {}
