use cqrs_core::prelude::*;

pub struct ReleaseRoom;

#[derive(Default)]
pub struct Room {}

impl Room {
    #[command]
    pub fn release(&self, command: &ReleaseRoom) -> Result<(), String> {
        let _ = command;
        Ok(())
    }
}

fn main() {}
