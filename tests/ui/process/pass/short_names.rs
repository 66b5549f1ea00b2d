//! Names that generated code has for itself.

use cqrs_core::prelude::*;
use cqrs_misuse::hotel::*;

#[process(key(reservation: String, cents: u64))]
#[derive(Clone, Default)]
pub struct Stay {
    paid: u64,
}

#[process(key(reservation, cents), unknown = "skip")]
impl Stay {
    #[react(start, key(cents = tenant.cents / 2))]
    fn on_held(&self, tenant: &RoomHeld) -> Reaction {
        let _ = tenant;
        Reaction::new()
    }

    #[apply(key(reservation = recorded.version().to_string()))]
    fn paid(&mut self, recorded: &Recorded<Paid>) {
        self.paid += recorded.cents;
    }

    #[react(start, key(cents = raw.reservation.len() as u64))]
    fn on_released(&self, raw: &RoomReleased) -> Reaction {
        let _ = (raw, self.paid);
        Reaction::new()
    }
}

fn main() {}
