//! A room is held, paid within fifteen minutes, and confirmed; or it is released.

use std::convert::Infallible;
use std::time::Duration;

use cqrs_core::prelude::*;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

#[event]
pub(crate) struct RoomHeld {
    pub(crate) booking: String,
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct RoomConfirmed {
    pub(crate) booking: String,
}

#[event]
pub(crate) struct RoomReleased {
    pub(crate) booking: String,
    pub(crate) reason: String,
}

#[event]
pub(crate) struct PaymentAsked {
    pub(crate) booking: String,
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct Paid {
    pub(crate) booking: String,
}

#[event]
pub(crate) struct Declined {
    pub(crate) booking: String,
}

#[event]
pub(crate) struct Extended {
    pub(crate) booking: String,
}

#[event]
pub(crate) struct Broken {
    pub(crate) booking: String,
}

/// Nothing follows from it.
#[event]
pub(crate) struct Noted {
    pub(crate) booking: String,
}

#[event]
pub(crate) struct PaymentVoided {
    pub(crate) booking: String,
}

pub(crate) struct Hold {
    pub(crate) booking: String,
    pub(crate) cents: u64,
}

/// Of several bookings in one commit.
pub(crate) struct Extend {
    pub(crate) bookings: Vec<String>,
}

pub(crate) struct Break {
    pub(crate) booking: String,
}

pub(crate) struct Note {
    pub(crate) booking: String,
}

#[command]
pub(crate) struct ConfirmRoom {
    pub(crate) booking: String,
}

#[command]
pub(crate) struct ReleaseRoom {
    pub(crate) booking: String,
    pub(crate) reason: String,
}

#[command]
pub(crate) struct AskPayment {
    pub(crate) cents: u64,
}

#[command]
pub(crate) struct VoidPayment {}

pub(crate) struct Pay {}
pub(crate) struct Decline {}

#[derive(Debug, thiserror::Error)]
#[error("the room is closed")]
pub(crate) struct Closed;

/// All rooms of one house, which many bookings share.
#[aggregate(entity = "HOUSE")]
#[derive(Debug, Default)]
pub(crate) struct House {
    pub(crate) held: u32,
    pub(crate) confirmed: Vec<String>,
    pub(crate) released: Vec<(String, String)>,
    pub(crate) open: bool,
}

#[aggregate]
impl House {
    #[command]
    fn hold(&self, command: &Hold) -> Result<RoomHeld, Infallible> {
        Ok(RoomHeld { booking: command.booking.clone(), cents: command.cents })
    }

    #[command]
    fn extend(&self, command: &Extend) -> Result<Vec<Extended>, Infallible> {
        Ok(command.bookings.iter().map(|booking| Extended { booking: booking.clone() }).collect())
    }

    #[command]
    fn break_(&self, command: &Break) -> Result<Broken, Infallible> {
        Ok(Broken { booking: command.booking.clone() })
    }

    #[command]
    fn note(&self, command: &Note) -> Result<Noted, Infallible> {
        Ok(Noted { booking: command.booking.clone() })
    }

    #[command]
    fn confirm(&self, command: &ConfirmRoom) -> Result<RoomConfirmed, Closed> {
        if command.booking.starts_with("closed") && !self.open {
            return Err(Closed);
        }
        Ok(RoomConfirmed { booking: command.booking.clone() })
    }

    #[command]
    fn release(&self, command: &ReleaseRoom) -> Result<RoomReleased, Infallible> {
        Ok(RoomReleased { booking: command.booking.clone(), reason: command.reason.clone() })
    }

    #[apply]
    fn on_held(&mut self, _: &RoomHeld) {
        self.held += 1;
    }

    #[apply]
    fn on_extended(&mut self, event: &Extended) {
        self.open |= event.booking == "open";
    }

    #[apply]
    fn on_broken(&mut self, _: &Broken) {}

    #[apply]
    fn on_noted(&mut self, _: &Noted) {}

    #[apply]
    fn on_confirmed(&mut self, event: &RoomConfirmed) {
        self.confirmed.push(event.booking.clone());
    }

    #[apply]
    fn on_released(&mut self, event: &RoomReleased) {
        self.released.push((event.booking.clone(), event.reason.clone()));
    }
}

#[aggregate(entity = "PAYMENT")]
#[derive(Debug, Default)]
pub(crate) struct Payment {
    pub(crate) asked: u32,
    pub(crate) paid: bool,
    pub(crate) voided: u32,
}

#[aggregate]
impl Payment {
    #[command]
    fn ask(&self, command: &AskPayment, context: &CommandContext) -> Result<PaymentAsked, Infallible> {
        let booking = context.metadata().created_by.clone().unwrap_or_default();
        Ok(PaymentAsked { booking, cents: command.cents })
    }

    #[command]
    fn void(&self, _: &VoidPayment) -> Result<PaymentVoided, Infallible> {
        Ok(PaymentVoided { booking: String::new() })
    }

    #[command]
    fn pay(&self, _: &Pay, context: &CommandContext) -> Result<Option<Paid>, Infallible> {
        let booking = context.metadata().created_by.clone().unwrap_or_default();
        Ok((!self.paid).then_some(Paid { booking }))
    }

    #[command]
    fn decline(&self, _: &Decline, context: &CommandContext) -> Result<Declined, Infallible> {
        Ok(Declined { booking: context.metadata().created_by.clone().unwrap_or_default() })
    }

    #[apply]
    fn on_asked(&mut self, _: &PaymentAsked) {
        self.asked += 1;
    }

    #[apply]
    fn on_paid(&mut self, _: &Paid) {
        self.paid = true;
    }

    #[apply]
    fn on_declined(&mut self, _: &Declined) {}

    #[apply]
    fn on_voided(&mut self, _: &PaymentVoided) {
        self.voided += 1;
    }
}

#[process(key(booking: String))]
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Booking {
    pub(crate) house: String,
    pub(crate) cents: u64,
    pub(crate) extensions: u32,
    pub(crate) paid: bool,
    pub(crate) notes: u32,
}

/// Whether the reaction to [`Broken`] is repaired.
pub(crate) static REPAIRED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

#[process(key(booking), unknown = "skip")]
impl Booking {
    #[apply]
    fn held(&mut self, event: &Recorded<RoomHeld>) {
        self.house = event.key().map(|key| key.id().clone()).unwrap_or_default();
        self.cents = event.cents;
    }

    #[react(start)]
    fn on_held(&self, event: &RoomHeld, key: &BookingKey) -> Reaction {
        Reaction::new()
            .deadline(Self::unpaid, 15 * MINUTE)
            .execute(&payment(key), AskPayment { cents: event.cents })
    }

    #[apply]
    fn extended(&mut self, _: &Extended) {
        self.extensions += 1;
    }

    #[react]
    fn on_extended(&self, _: &Extended) -> Reaction {
        Reaction::new().deadline(Self::unpaid, 15 * MINUTE)
    }

    #[react]
    fn on_broken(&self, _: &Broken, key: &BookingKey) -> Reaction {
        assert!(REPAIRED.load(std::sync::atomic::Ordering::SeqCst), "the reaction is broken");
        Reaction::new()
            .execute(&self.house(key), ConfirmRoom { booking: format!("mended {}", key.booking()) })
    }

    #[apply]
    fn noted(&mut self, _: &Noted) {
        self.notes += 1;
    }

    #[apply]
    fn paid(&mut self, _: &Paid) {
        self.paid = true;
    }

    #[react]
    fn on_paid(&self, _: &Paid, key: &BookingKey) -> Reaction {
        let confirm = ConfirmRoom { booking: key.booking().clone() };
        Reaction::new().cancel(Self::unpaid).execute(&self.house(key), confirm).by("booking").end()
    }

    #[react]
    fn on_declined(&self, _: &Declined, key: &BookingKey) -> Reaction {
        self.give_up(key, "declined")
    }

    #[deadline]
    fn unpaid(&self, key: &BookingKey) -> Reaction {
        self.give_up(key, "unpaid").execute(&payment(key), VoidPayment {})
    }

    fn give_up(&self, key: &BookingKey, reason: &str) -> Reaction {
        let release = ReleaseRoom { booking: key.booking().clone(), reason: reason.into() };
        Reaction::new().execute(&self.house(key), release).end()
    }

    fn house(&self, key: &BookingKey) -> HouseKey {
        HouseKey::new(key.tenant(), self.house.as_str())
    }
}

pub(crate) fn payment(key: &BookingKey) -> PaymentKey {
    PaymentKey::new(key.tenant(), key.booking().as_str())
}

pub(crate) fn tenant() -> Tenant {
    Tenant::new("INN").unwrap()
}

pub(crate) fn house(name: &str) -> HouseKey {
    HouseKey::new(&tenant(), name)
}

pub(crate) fn booking(name: &str) -> BookingKey {
    BookingKey::new(&tenant(), name)
}
