use cqrs_core::prelude::*;

#[event]
pub struct RoomReleased;

pub struct ReleaseRoom;

#[aggregate(entity = "ROOM")]
#[derive(Default)]
pub struct Room {}

#[aggregate]
impl Room {
    #[command(name = "FreeRoom")]
    fn release(&self, _: &ReleaseRoom) -> Result<RoomReleased, String> {
        Ok(RoomReleased)
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {}
}

fn main() {}
