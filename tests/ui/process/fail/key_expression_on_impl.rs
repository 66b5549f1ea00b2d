use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

#[process(key(reservation = event.reservation.clone()), unknown = "skip")]
impl Booking {
    #[apply]
    fn paid(&mut self, _: &Paid) {
        self.paid = true;
    }

    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
