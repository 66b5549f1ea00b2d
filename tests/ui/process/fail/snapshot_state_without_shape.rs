use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Payment {}

#[process(key(reservation: String), snapshot_every = 10)]
#[derive(Clone, Default)]
pub struct Booking {
    paid: Payment,
}

#[process(key(reservation), unknown = "skip")]
impl Booking {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
