use cqrs_core::prelude::*;
use cqrs_misuse::hotel::RoomHeld;

#[process(key(reservation: String))]
#[derive(Default, Clone)]
pub struct Booking {}

impl Booking {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }

    #[deadline]
    fn unpaid(&self) -> Reaction {
        Reaction::new().end()
    }
}

fn main() {}
