use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

#[process(key(reservation), unknown = "skip")]
impl Booking {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld, key: &RoomKey) -> Reaction {
        let _ = key;
        Reaction::new()
    }
}

fn main() {}
