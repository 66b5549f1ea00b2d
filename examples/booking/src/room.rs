use cqrs_core::prelude::*;

#[event]
pub struct RoomHeld {
    pub reservation: String,
    pub cents: u64,
}
#[event]
pub struct RoomConfirmed {
    pub reservation: String,
}
#[event]
pub struct RoomReleased {
    pub reservation: String,
    pub reason: String,
}

pub struct HoldRoom {
    pub reservation: String,
    pub cents: u64,
}
#[command]
pub struct ConfirmRoom {
    pub reservation: String,
}
#[command]
pub struct ReleaseRoom {
    pub reservation: String,
    pub reason: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum RoomError {
    #[error("the room is taken")]
    Taken,
    #[error("the room is not held for this reservation")]
    NotHeld,
}

#[aggregate(entity = "ROOM")]
#[derive(Debug, Default)]
pub struct Room {
    pub held_for: Option<String>,
    pub confirmed: bool,
}

#[aggregate]
impl Room {
    #[command]
    fn hold(&self, command: &HoldRoom) -> Result<RoomHeld, RoomError> {
        match &self.held_for {
            Some(_) => Err(RoomError::Taken),
            None => Ok(RoomHeld { reservation: command.reservation.clone(), cents: command.cents }),
        }
    }

    #[command]
    fn confirm(&self, command: &ConfirmRoom) -> Result<RoomConfirmed, RoomError> {
        if self.held_for.as_ref() != Some(&command.reservation) {
            return Err(RoomError::NotHeld);
        }
        Ok(RoomConfirmed { reservation: command.reservation.clone() })
    }

    /// Releasing a room again is not a mistake.
    #[command]
    fn release(&self, command: &ReleaseRoom) -> Result<Option<RoomReleased>, RoomError> {
        let ReleaseRoom { reservation, reason } = command;
        let is_held = self.held_for.as_ref() == Some(reservation);
        Ok(is_held.then(|| RoomReleased { reservation: reservation.clone(), reason: reason.clone() }))
    }

    #[apply]
    fn held(&mut self, event: &RoomHeld) {
        self.held_for = Some(event.reservation.clone());
    }

    #[apply]
    fn confirmed(&mut self, _: &RoomConfirmed) {
        self.confirmed = true;
    }

    #[apply]
    fn released(&mut self, _: &RoomReleased) {
        *self = Self::default();
    }
}
