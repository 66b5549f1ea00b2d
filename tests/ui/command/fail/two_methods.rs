use cqrs_core::prelude::*;

#[event]
pub struct RoomReleased;

#[command]
pub struct ReleaseRoom {
    pub reason: String,
}

#[aggregate(entity = "ROOM")]
#[derive(Default)]
pub struct Room {}

#[aggregate]
impl Room {
    #[command]
    fn release(&self, command: &ReleaseRoom) -> Result<RoomReleased, String> {
        Err(command.reason.clone())
    }

    #[command]
    fn free(&self, _: &ReleaseRoom) -> Result<RoomReleased, String> {
        Ok(RoomReleased)
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {}
}

fn main() {}
