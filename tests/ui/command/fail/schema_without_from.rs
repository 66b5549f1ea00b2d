use cqrs_core::prelude::*;

#[command(schema = 2)]
pub struct ReleaseRoom {
    pub reason: String,
}

#[command(schema = 0)]
pub struct CloseRoom;

fn main() {}
