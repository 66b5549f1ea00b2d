use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub enum Summary {
    #[default]
    Empty,
}

fn main() {}
