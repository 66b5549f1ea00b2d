use cqrs_core::prelude::*;

#[aggregate]
#[derive(Default)]
pub struct Cart {}

fn main() {}
