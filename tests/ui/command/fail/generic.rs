use cqrs_core::prelude::*;

#[command]
pub struct ReleaseRoom<T> {
    pub reason: T,
}

fn main() {}
