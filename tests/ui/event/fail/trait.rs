use cqrs_core::prelude::*;

#[event]
pub trait Created {}

fn main() {}
