use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Clone, IndexValue)]
pub struct Price(f64);

fn main() {}
