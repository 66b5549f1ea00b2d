//! A domain with two aggregates, for processes to go wrong between them.

use std::convert::Infallible;

use cqrs_core::prelude::*;

/// A room is kept for a guest.
#[event]
pub struct RoomHeld {
    /// Its reservation.
    pub reservation: String,
    /// What it costs.
    pub cents: u64,
}

/// It is free again.
#[event]
pub struct RoomReleased {
    /// Its reservation.
    pub reservation: String,
}

/// The guest has paid.
#[event]
pub struct Paid {
    /// The reservation that it is for.
    pub reservation: String,
    /// How much.
    pub cents: u64,
}

/// It was not for a room.
#[event]
pub struct Tipped {
    /// How much.
    pub cents: u64,
}

/// An event that no aggregate applies.
#[event]
pub struct Noticed {
    /// Of what.
    pub reservation: String,
}

/// Frees the room.
#[command]
#[derive(Debug, Clone)]
pub struct ReleaseRoom {}

/// Asks for the money.
#[command]
#[derive(Debug, Clone)]
pub struct TakePayment {
    /// How much.
    pub cents: u64,
}

/// A command that is not stored.
#[derive(Debug, Clone)]
pub struct Tip {
    /// How much.
    pub cents: u64,
}

/// A room.
#[aggregate(entity = "ROOM", key(reservation: String))]
#[derive(Debug, Default)]
pub struct Room {
    held: bool,
}

#[aggregate]
impl Room {
    #[command]
    fn release(&self, _command: &ReleaseRoom) -> Result<Option<RoomReleased>, Infallible> {
        Ok(self.held.then(|| RoomReleased { reservation: String::new() }))
    }

    #[apply]
    fn held(&mut self, _event: &RoomHeld) {
        self.held = true;
    }

    #[apply]
    fn released(&mut self, _event: &RoomReleased) {
        self.held = false;
    }
}

/// A payment.
#[aggregate(entity = "PAYMENT", key(reservation: String))]
#[derive(Debug, Default)]
pub struct Payment {
    cents: u64,
}

#[aggregate]
impl Payment {
    #[command]
    fn take(&self, command: &TakePayment) -> Result<Paid, Infallible> {
        Ok(Paid { reservation: String::new(), cents: command.cents })
    }

    #[command]
    fn tip(&self, command: &Tip) -> Result<Tipped, Infallible> {
        Ok(Tipped { cents: command.cents })
    }

    #[apply]
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }

    #[apply]
    fn tipped(&mut self, event: &Tipped) {
        self.cents += event.cents;
    }
}
