use cqrs_core::prelude::*;

#[event]
pub struct LockedOrder {
    pub customer_id: String,
    pub total: u32,
    pub items: Vec<String>,
}

fn main() {}
