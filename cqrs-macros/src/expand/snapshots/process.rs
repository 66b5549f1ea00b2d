#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

#[process(key(reservation), unknown = "skip")]
impl Booking {
    #[apply]
    fn paid(&mut self, _: &PaymentTaken) {
        self.paid = true;
    }

    #[react(start)]
    fn on_held(&self, event: &RoomHeld, key: &BookingKey) -> Reaction {
        Reaction::new()
            .deadline(Self::unpaid, Duration::from_secs(15 * 60))
            .execute(&PaymentKey::new(key.tenant(), key.reservation()), TakePayment { cents: event.cents })
    }

    #[react]
    fn on_paid(&self, _: &PaymentTaken) -> Reaction {
        Reaction::new().cancel(Self::unpaid).end()
    }

    #[deadline]
    fn unpaid(&self) -> Reaction {
        Reaction::new().end()
    }
}

#[process(key(floor: u8, guest: String), entity = "STAY", queue = "stays")]
#[derive(Clone, Default)]
struct Visit {}

#[process(key(floor, guest))]
impl Visit {
    #[cfg(feature = "loud")]
    #[apply]
    fn arrived(&mut self, _: &Arrived) {}

    #[react(start, key(floor = arrived.room.floor, guest = arrived.guest.id.clone()))]
    fn on_arrived(&self, arrived: &Recorded<Arrived>) -> Reaction {
        Reaction::new().deadline(Visit::late, Duration::from_secs(1))
    }

    #[deadline]
    fn late(&self, key: &VisitKey) -> Reaction {
        Self::helper(key)
    }

    fn helper(_: &VisitKey) -> Reaction {
        Reaction::new()
    }
}
