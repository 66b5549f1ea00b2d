use cqrs_core::prelude::*;

/// As wide as the lock has it.
#[event(name = "LockedNote", widened = 1)]
pub struct LockedNoteV1 {
    pub text: String,
    pub by: Option<String>,
}

#[event(schema = 2, from = LockedNoteV1)]
pub struct LockedNote {
    pub text: String,
    pub by: String,
}

impl From<LockedNoteV1> for LockedNote {
    fn from(old: LockedNoteV1) -> Self {
        Self { text: old.text, by: old.by.unwrap_or_default() }
    }
}

fn main() {}
