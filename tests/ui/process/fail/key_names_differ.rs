use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

#[process(key(room), unknown = "skip")]
impl Booking {
    #[react(start, key(room = held.reservation.clone()))]
    fn on_held(&self, held: &RoomHeld) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
