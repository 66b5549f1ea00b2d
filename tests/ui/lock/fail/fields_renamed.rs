use cqrs_core::prelude::*;

#[event]
pub struct LockedOrder {
    pub customer: String,
    pub total: u64,
    pub items: Vec<String>,
    pub note: Option<String>,
}

fn main() {}
