use cqrs_core::prelude::*;
use cqrs_tests::shop::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary<T> {
    total: T,
}

fn main() {}
