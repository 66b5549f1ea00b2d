use cqrs_core::prelude::*;

#[event]
pub struct RoomReleased;

#[command]
#[derive(Clone)]
pub struct ReleaseRoom {
    pub reason: String,
}

#[aggregate(entity = "ROOM")]
#[derive(Default)]
pub struct Room {}

#[aggregate]
impl Room {
    #[command]
    fn release(&self, command: ReleaseRoom) -> Result<ReleaseRoom, String> {
        Ok(command)
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {}
}

fn main() {}
