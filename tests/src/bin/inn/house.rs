//! Rooms, stays that have to be paid, a list of rooms, what guests spend, and invoices that cannot be written at first.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use cqrs_core::prelude::*;

/// A guest who would like to set the title of a terminal.
pub(crate) const ILL_WILL: &str = "\u{1b}]0;owned\u{7}\u{9b}2J";

#[event]
pub(crate) struct RoomHeld {
    pub(crate) reservation: String,
    pub(crate) guest: String,
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct RoomPaid {
    pub(crate) reservation: String,
}

#[event]
pub(crate) struct RoomReleased {
    pub(crate) reason: String,
}

#[derive(Clone)]
pub(crate) struct Hold {
    pub(crate) reservation: String,
    pub(crate) guest: String,
    pub(crate) cents: u64,
}

#[derive(Clone)]
pub(crate) struct Pay;

#[command]
pub(crate) struct Release {
    pub(crate) reason: String,
}

#[aggregate(entity = "ROOM")]
#[derive(Debug, Default)]
pub(crate) struct Room {
    reservation: Option<String>,
    guest: Option<String>,
    paid: bool,
}

#[aggregate]
impl Room {
    #[command]
    fn hold(&self, command: Hold) -> Result<Option<RoomHeld>, Infallible> {
        let Hold { reservation, guest, cents } = command;
        Ok(self.reservation.is_none().then_some(RoomHeld { reservation, guest, cents }))
    }

    #[command]
    fn pay(&self, _: Pay) -> Result<Option<RoomPaid>, Infallible> {
        let reservation = self.reservation.clone().filter(|_| !self.paid);
        Ok(reservation.map(|reservation| RoomPaid { reservation }))
    }

    #[command]
    fn release(&self, command: &Release) -> Result<Option<RoomReleased>, Infallible> {
        Ok(self.reservation.is_some().then(|| RoomReleased { reason: command.reason.clone() }))
    }

    #[apply]
    fn held(&mut self, event: &RoomHeld) {
        self.reservation = Some(event.reservation.clone());
        self.guest = Some(event.guest.clone());
    }

    #[apply]
    fn paid(&mut self, _: &RoomPaid) {
        self.paid = true;
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {
        *self = Self::default();
    }
}

#[projection(Room, index(by_paid(paid, cents)))]
#[derive(Debug, Default)]
pub(crate) struct RoomList {
    guest: String,
    cents: u64,
    paid: bool,
}

#[projection(Room)]
impl RoomList {
    #[apply]
    fn held(&mut self, event: &RoomHeld) {
        self.guest.clone_from(&event.guest);
        self.cents = event.cents;
    }

    #[apply]
    fn paid(&mut self, _: &RoomPaid) {
        self.paid = true;
    }
}

#[projection(key(guest: String))]
#[derive(Debug, Default)]
pub(crate) struct GuestTotals {
    cents: u64,
    #[serde(flatten)]
    by_reservation: BTreeMap<String, u64>,
}

#[projection(key(guest))]
impl GuestTotals {
    #[apply]
    fn held(&mut self, event: &RoomHeld) {
        self.cents += event.cents;
        self.by_reservation.insert(event.reservation.clone(), event.cents);
    }
}

/// A stay is paid within a day.
#[process(key(reservation: String))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Stay {
    paid: bool,
}

#[process(key(reservation), unknown = "skip")]
impl Stay {
    #[react(start)]
    fn on_held(&self, _: &RoomHeld) -> Reaction {
        Reaction::new().deadline(Self::unpaid, Duration::from_secs(24 * 3600))
    }

    #[apply]
    fn paid(&mut self, _: &RoomPaid) {
        self.paid = true;
    }

    #[react]
    fn on_paid(&self, _: &RoomPaid) -> Reaction {
        Reaction::new().cancel(Self::unpaid)
    }

    #[deadline]
    fn unpaid(&self) -> Reaction {
        Reaction::new().end()
    }
}

/// What writes invoices.
pub(crate) struct Invoices {
    pub(crate) works: bool,
}

#[event_handler(RoomHeld)]
async fn invoice(event: &RoomHeld, invoices: &Invoices) -> Result<(), HandlerError> {
    match invoices.works {
        true => Ok(()),
        false => Err(HandlerError::permanent(format!("no invoice for {}: it has no address", event.guest))),
    }
}
