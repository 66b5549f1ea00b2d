use cqrs_core::prelude::*;

#[command]
#[command(name = "FreeRoom")]
pub struct ReleaseRoom {
    pub reason: String,
}

#[event]
#[command]
pub struct CloseRoom;

fn main() {}
