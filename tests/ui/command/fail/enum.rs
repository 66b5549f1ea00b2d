use cqrs_core::prelude::*;

#[command]
pub enum RoomCommand {
    Release { reason: String },
    Close,
}

fn main() {}
