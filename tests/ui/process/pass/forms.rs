use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::process::{Instance, Process, Unknown};
use cqrs_core::process::ProcessState;
use cqrs_misuse::hotel::{self, *};

#[process(key(reservation: String), queue = "hotel")]
#[derive(Debug, Clone, Default)]
pub struct RoomBooking {
    paid: bool,
    cents: u64,
}

#[process(key(reservation), unknown = "fail")]
impl RoomBooking {
    const MINUTES: u64 = 15;

    #[apply]
    fn held(&mut self, event: &Recorded<RoomHeld>) {
        self.cents = event.cents * event.version().get();
    }

    #[apply]
    fn paid(&mut self, _: &Paid) {
        self.paid = true;
    }

    #[react(start)]
    fn on_held(&self, event: &RoomHeld, key: &RoomBookingKey) -> Reaction {
        let payment = PaymentKey::new(key.tenant(), key.reservation());
        let ask = Reaction::new().execute(&payment, TakePayment { cents: event.cents + self.cents });
        ask.and(self.wait())
    }

    #[react]
    fn on_paid(&self, event: &Recorded<Paid>) -> Reaction {
        let _ = event.metadata();
        Reaction::new().cancel(Self::unpaid).cancel(RoomBooking::reminder).end()
    }

    #[react(key(reservation = "tips"))]
    fn on_tip(&self, _: &hotel::Tipped) -> Reaction {
        Reaction::new()
    }

    #[deadline]
    fn unpaid(&self, key: &RoomBookingKey) -> Reaction {
        Reaction::new().execute(&RoomKey::new(key.tenant(), key.reservation()), ReleaseRoom {}).end()
    }

    #[deadline]
    fn reminder(&self) -> Reaction {
        Reaction::new().deadline_at(Self::reminder, Timestamp::now())
    }

    fn wait(&self) -> Reaction {
        Reaction::new()
            .deadline(Self::unpaid, Duration::from_secs(60 * Self::MINUTES))
            .deadline(RoomBooking::reminder, Duration::from_secs(60))
    }
}

/// Private, with several fields in its key, and no event that does not start it: `unknown` is left out.
#[process(key(floor: u8, guest: String), entity = "STAY")]
#[derive(Clone, Default)]
struct Stay;

#[process(key(floor, guest))]
impl Stay {
    #[apply(key(floor = event.cents as u8, guest = event.reservation.to_uppercase()))]
    fn held(&mut self, event: &RoomHeld) {
        let _ = event;
    }

    #[react(start)]
    fn on_held(&self, held: &Recorded<RoomHeld>) -> Reaction {
        let _ = held;
        Reaction::new().end()
    }

    #[react(start, key(floor = paid.cents as u8, guest = paid.version().to_string()))]
    fn on_paid(&self, paid: &Recorded<Paid>) -> Reaction {
        let _ = paid;
        Reaction::new()
    }
}

type Told = Reaction;

/// Alternatives under a `#[cfg]`, and attributes that hold a marker.
#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Conditional {}

#[process(key(reservation))]
impl Conditional {
    #[cfg(unix)]
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Told {
        Reaction::new().deadline(Self::late, Duration::from_secs(1))
    }

    #[cfg(not(unix))]
    #[react(start)]
    fn on_held_elsewhere(&self, _: &RoomHeld) -> Told {
        Reaction::new().deadline(Self::late, Duration::from_secs(2))
    }

    #[cfg(any())]
    #[apply]
    fn held(&mut self, _: &RoomHeld) {
        unreachable!()
    }

    #[cfg_attr(all(), react(start))]
    fn on_paid(&self, _: &Paid) -> Told {
        Reaction::new()
    }

    #[deadline]
    fn late(&self, _: &ConditionalKey) -> Told {
        Reaction::new()
    }
}

cqrs_core::app! {
    aggregates: [Room, Payment],
    processes: [RoomBooking, Stay, Conditional, Loose],
}

/// What only a process takes is taken.
#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Loose {}

#[process(key(reservation))]
impl Loose {
    #[react(start)]
    fn released(&self, _: &RoomReleased) -> Reaction {
        Reaction::new()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tenant = Tenant::new("TENANT001")?;
    let key = RoomBookingKey::new(&tenant, "R-1");
    assert_eq!(format!("{key:?}"), "RoomBookingKey(TENANT001 R-1)");
    let stream = key.stream()?;
    assert_eq!((stream.pk(), stream.sk()), ("TENANT001#ROOM_BOOKING", "ROOM_BOOKING#R-1"));
    assert_eq!(RoomBooking::STEP, "ROOM_BOOKING_STEP");
    assert_eq!(RoomBooking::QUEUE, Some("hotel"));
    assert_eq!(<RoomBooking as Process>::UNKNOWN, Unknown::Fail);
    let events: Vec<_> = RoomBooking::ARMS.iter().map(|arm| arm.event.name).collect();
    assert_eq!(events, ["RoomHeld", "Paid", "Tipped"]);
    let deadlines: Vec<_> = RoomBooking::DEADLINES.iter().map(|arm| arm.name).collect();
    assert_eq!(deadlines, ["unpaid", "reminder"]);
    let _: Option<Instance<RoomBooking>> = None;

    let stream = StayKey::new(&tenant, 3, "ANNA").stream()?;
    assert_eq!((stream.pk(), stream.sk()), ("TENANT001#STAY", "STAY#3#ANNA"));
    assert_eq!(Stay::ARMS.len(), 2);
    assert!(Stay::DEADLINES.is_empty());
    assert_eq!(Conditional::ARMS.len(), 2);
    Ok(())
}
