use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking<T> {
    paid: T,
}

#[process(key(reservation), unknown = "skip")]
impl<T> Booking<T> {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }
}

fn main() {}
