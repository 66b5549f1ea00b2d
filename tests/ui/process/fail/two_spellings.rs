use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

#[process(key(reservation), unknown = "skip")]
impl Booking {
    #[apply]
    fn held(&mut self, _: &cqrs_misuse::hotel::RoomHeld) {
        self.paid = false;
    }

    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
