use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

#[process(key(reservation), unknown = "skip")]
impl Booking {
    #[apply(key(reservation = event.reservation.to_lowercase()))]
    fn held(&mut self, event: &RoomHeld) {
        self.paid = event.cents == 0;
    }

    #[react(start, key(reservation = event.reservation.to_uppercase()))]
    fn on_held(&self, event: &RoomHeld) -> Reaction {
        let _ = event;
        Reaction::new()
    }
}

fn main() {}
