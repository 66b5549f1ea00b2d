use cqrs_core::prelude::*;

#[event(widened = 2)]
pub struct LockedOrder {
    pub customer_id: String,
    pub total: u64,
    pub items: Vec<String>,
    pub note: Option<String>,
}

#[event]
pub struct LockedNote {
    pub text: String,
}

#[event(widened = 0)]
pub struct NotLockedYet {
    pub text: String,
}

fn main() {}
