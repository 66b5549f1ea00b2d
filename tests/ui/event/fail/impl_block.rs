use cqrs_core::prelude::*;

pub struct Created;

#[event]
impl Created {}

fn main() {}
