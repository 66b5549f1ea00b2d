use cqrs_core::prelude::*;

#[event(name = "LockedOrder")]
pub struct LockedOrderV1 {
    pub customer_id: String,
    pub total: u64,
    pub items: Vec<String>,
}

#[event(name = "LockedOrder", schema = 2, from = LockedOrderV1)]
pub struct LockedOrder {
    pub cents: u64,
}

impl From<LockedOrderV1> for LockedOrder {
    fn from(old: LockedOrderV1) -> Self {
        Self { cents: old.total * 100 }
    }
}

fn main() {}
