use cqrs_core::prelude::*;

#[event]
fn created() {}

fn main() {}
