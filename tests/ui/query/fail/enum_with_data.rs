use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Clone, IndexValue)]
pub enum Status {
    Open,
    Closed(u64),
}

fn main() {}
