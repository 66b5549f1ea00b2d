use cqrs_core::prelude::*;

#[command]
pub struct LockedRelease {
    pub reason: u64,
}

fn main() {}
