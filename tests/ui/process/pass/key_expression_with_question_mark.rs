use cqrs_core::prelude::*;
use cqrs_misuse::hotel::RoomHeld;

#[process(key(room: String))]
#[derive(Default, Clone)]
pub struct Booking {}

#[process(key(room))]
impl Booking {
    #[react(start, key(room = event.key()?.reservation().clone()))]
    fn on_held(&self, event: &Recorded<RoomHeld>) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
