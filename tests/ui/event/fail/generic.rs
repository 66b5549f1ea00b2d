use cqrs_core::prelude::*;

#[event]
pub struct Created<T> {
    pub what: T,
}

fn main() {}
