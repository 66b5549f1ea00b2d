//! What both releases agree on: the parcels, their commands and their events.

use cqrs_core::prelude::*;

/// A customer handed it in.
#[event]
pub struct ParcelSent {
    /// Who pays for it.
    pub customer_id: String,
    /// What it weighs.
    pub grams: u64,
}

/// It was seen at a place on its way.
#[event]
pub struct ParcelSeen {
    /// Who pays for it.
    pub customer_id: String,
    /// Where.
    pub place: String,
}

/// Hands a parcel in.
#[derive(Clone)]
pub struct Send {
    /// Who pays for it.
    pub customer_id: String,
    /// What it weighs.
    pub grams: u64,
}

/// Notes where it was seen.
#[derive(Clone)]
pub struct See {
    /// Where.
    pub place: String,
}

/// Why a command is rejected.
#[derive(Debug, thiserror::Error)]
pub enum ParcelError {
    /// It was handed in before.
    #[error("the parcel is on its way already")]
    SentAlready,
    /// It was never handed in.
    #[error("nobody has handed this parcel in")]
    NotSent,
}

/// One parcel.
#[aggregate(entity = "PARCEL")]
#[derive(Default)]
pub struct Parcel {
    customer_id: Option<String>,
}

#[aggregate]
impl Parcel {
    #[command]
    fn send(&self, command: Send) -> Result<ParcelSent, ParcelError> {
        match self.customer_id {
            Some(_) => Err(ParcelError::SentAlready),
            None => Ok(ParcelSent { customer_id: command.customer_id, grams: command.grams }),
        }
    }

    #[command]
    fn see(&self, command: See) -> Result<ParcelSeen, ParcelError> {
        let customer_id = self.customer_id.clone().ok_or(ParcelError::NotSent)?;
        Ok(ParcelSeen { customer_id, place: command.place })
    }

    #[apply]
    fn sent(&mut self, event: &ParcelSent) {
        self.customer_id = Some(event.customer_id.clone());
    }

    #[apply]
    fn seen(&mut self, _: &ParcelSeen) {}
}
