use cqrs_core::prelude::*;
use cqrs_tests::shop::*;

#[projection(Order)]
#[derive(Default)]
pub enum Summary {
    #[default]
    Empty,
}

fn main() {}
