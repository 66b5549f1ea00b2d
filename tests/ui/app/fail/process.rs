use cqrs_core::prelude::*;
use cqrs_misuse::Order;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {}

#[process(key(reservation))]
impl Booking {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new()
    }

    #[react(start)]
    fn on_paid(&self, _: &Paid) -> Reaction {
        Reaction::new()
    }
}

cqrs_core::app! {
    aggregates: [Room],
    processes: [Booking],
}

cqrs_core::app! {
    processes: [Order],
}

fn main() {}
