use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary<T> {
    total: T,
}

fn main() {}
