use cqrs_core::prelude::*;

pub struct Reason(pub String);

#[command]
pub struct ReleaseRoom {
    pub reason: Reason,
}

fn main() {}
