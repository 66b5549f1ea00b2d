use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[event]
pub struct OrderCreated {
    pub total: u64,
}

fn main() {}
