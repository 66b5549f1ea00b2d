use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[projection(key(reservation: String))]
#[derive(Default)]
pub struct Bookings {}

#[projection(key(reservation))]
impl Bookings {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }
}

#[aggregate(entity = "BOOKING")]
#[derive(Default)]
pub struct Booking {}

#[aggregate]
impl Booking {
    #[deadline]
    fn unpaid(&self) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
