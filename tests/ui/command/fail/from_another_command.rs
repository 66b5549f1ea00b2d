use cqrs_core::prelude::*;

#[command]
pub struct FreeRoom {
    pub reason: String,
}

#[command(schema = 2, from = FreeRoom)]
pub struct ReleaseRoom {
    pub reason: String,
}

impl From<FreeRoom> for ReleaseRoom {
    fn from(old: FreeRoom) -> Self {
        Self { reason: old.reason }
    }
}

fn main() {}
