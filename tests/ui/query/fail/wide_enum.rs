use cqrs_core::prelude::*;

#[derive(Clone, IndexValue)]
#[repr(u128)]
pub enum Status {
    Open = 1,
    Closed = u128::MAX,
}

fn main() {}
