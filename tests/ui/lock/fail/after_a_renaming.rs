use cqrs_core::prelude::*;

#[event(name = "OrderTaken", alias = "LockedOrder")]
pub struct OrderTaken {
    pub customer_id: String,
}

fn main() {}
