use cqrs_core::prelude::*;

#[command]
pub struct LockedRelease {
    pub reason: Option<String>,
}

fn main() {}
