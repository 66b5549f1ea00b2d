use cqrs_core::prelude::*;

#[event(widened = 1)]
pub struct LockedOrder {
    pub customer_id: String,
    pub total: u64,
    pub items: Vec<String>,
    pub note: Option<String>,
    pub currency: String,
}

#[event(widened = 2)]
pub struct LockedNote {
    pub text: String,
    pub at: Option<Timestamp>,
}

fn main() {}
