use std::time::Duration;

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
    fn paid(&mut self, _: &Paid) {
        self.paid = true;
    }

    #[react(start)]
    fn on_held(&self, event: &RoomHeld, key: &BookingKey) -> Reaction {
        let payment = PaymentKey::new(key.tenant(), key.reservation());
        Reaction::new()
            .deadline(Self::unpaid, Duration::from_secs(900))
            .execute(&payment, TakePayment { cents: event.cents })
    }

    #[react]
    fn on_paid(&self, _: &Paid) -> Reaction {
        Reaction::new().cancel(Self::unpaid).end()
    }

    fn unpaid(&self, key: &BookingKey) -> Reaction {
        Reaction::new().execute(&RoomKey::new(key.tenant(), key.reservation()), ReleaseRoom {}).end()
    }
}

fn main() {}
