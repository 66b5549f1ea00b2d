//! Hold a room, take the payment within fifteen minutes, then confirm or give everything back.

use std::time::Duration;

use cqrs_core::prelude::*;

use crate::payment::{CancelPayment, PaymentDeclined, PaymentKey, PaymentTaken, RequestPayment};
use crate::room::{ConfirmRoom, ReleaseRoom, RoomConfirmed, RoomHeld, RoomKey};

const TIME_TO_PAY: Duration = Duration::from_secs(15 * 60);

#[process(key(reservation: String))]
#[derive(Debug, Clone, Default)]
pub struct Booking {
    pub room: String,
    pub paid: bool,
}

#[process(key(reservation), unknown = "skip")]
impl Booking {
    #[apply]
    fn held(&mut self, event: &Recorded<RoomHeld>) {
        self.room = event.key().map(|room| room.id().clone()).unwrap_or_default();
    }

    #[react(start)]
    fn on_held(&self, event: &RoomHeld, key: &BookingKey) -> Reaction {
        let request = RequestPayment { reservation: key.reservation().clone(), cents: event.cents };
        Reaction::new().deadline(Self::unpaid, TIME_TO_PAY).execute(&payment(key), request)
    }

    #[apply]
    fn paid(&mut self, _: &PaymentTaken) {
        self.paid = true;
    }

    #[react]
    fn on_paid(&self, _: &PaymentTaken, key: &BookingKey) -> Reaction {
        let confirm = ConfirmRoom { reservation: key.reservation().clone() };
        Reaction::new().cancel(Self::unpaid).execute(&self.room(key), confirm)
    }

    #[react]
    fn on_confirmed(&self, _: &RoomConfirmed) -> Reaction {
        Reaction::new().end()
    }

    #[react]
    fn on_declined(&self, _: &PaymentDeclined, key: &BookingKey) -> Reaction {
        self.give_back(key, "the payment was declined")
    }

    #[deadline]
    fn unpaid(&self, key: &BookingKey) -> Reaction {
        self.give_back(key, "nobody paid in time")
    }

    /// Compensation: everything that has happened so far is undone.
    fn give_back(&self, key: &BookingKey, reason: &str) -> Reaction {
        let release = ReleaseRoom { reservation: key.reservation().clone(), reason: reason.into() };
        Reaction::new().execute(&payment(key), CancelPayment {}).execute(&self.room(key), release).end()
    }

    fn room(&self, key: &BookingKey) -> RoomKey {
        RoomKey::new(key.tenant(), self.room.as_str())
    }
}

/// One payment per reservation, under its id.
fn payment(key: &BookingKey) -> PaymentKey {
    PaymentKey::new(key.tenant(), key.reservation().as_str())
}
