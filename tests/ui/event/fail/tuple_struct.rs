use cqrs_core::prelude::*;

#[event]
pub struct Created(String, u64);

fn main() {}
