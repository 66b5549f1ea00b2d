use std::convert::Infallible;

use cqrs::prelude::*;

#[event]
pub struct RoomHeld {
    pub room: String,
    pub reservation: String,
    pub cents: u64,
}

#[event]
pub struct RoomReleased {}

#[event]
pub struct PaymentTaken {
    pub reservation: String,
}

#[command]
#[derive(Debug, Clone)]
pub struct HoldRoom {
    pub room: String,
    pub reservation: String,
    pub cents: u64,
}

#[command]
#[derive(Debug, Clone)]
pub struct ReleaseRoom {}

#[command]
#[derive(Debug, Clone)]
pub struct TakePayment {
    pub reservation: String,
    pub cents: u64,
}

#[aggregate(entity = "ROOM")]
#[derive(Default)]
pub struct Room {
    held: bool,
}

#[aggregate]
impl Room {
    #[command]
    fn hold(&self, command: &HoldRoom) -> Result<Option<RoomHeld>, Infallible> {
        let held = || RoomHeld {
            room: command.room.clone(),
            reservation: command.reservation.clone(),
            cents: command.cents,
        };
        Ok((!self.held).then(held))
    }

    #[command]
    fn release(&self, _: &ReleaseRoom) -> Result<Option<RoomReleased>, Infallible> {
        Ok(self.held.then_some(RoomReleased {}))
    }

    #[apply]
    fn held(&mut self, _: &RoomHeld) {
        self.held = true;
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {
        self.held = false;
    }
}

#[aggregate(entity = "PAYMENT", key(reservation: String))]
#[derive(Default)]
pub struct Payment {
    taken: bool,
}

#[aggregate]
impl Payment {
    #[command]
    fn take(&self, command: &TakePayment) -> Result<Option<PaymentTaken>, Infallible> {
        let taken = || PaymentTaken { reservation: command.reservation.clone() };
        Ok((!self.taken).then(taken))
    }

    #[apply]
    fn taken(&mut self, _: &PaymentTaken) {
        self.taken = true;
    }
}
