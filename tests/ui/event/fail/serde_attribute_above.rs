use cqrs_core::prelude::*;

#[serde(rename_all = "snake_case")]
#[event]
pub struct OrderCreated {
    pub customer_id: String,
}

fn main() {}
