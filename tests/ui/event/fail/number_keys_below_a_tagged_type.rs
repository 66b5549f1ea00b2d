use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", tag = "kind")]
pub enum Stock {
    Shelves { by_number: BTreeMap<u32, u64> },
    None,
}

#[event]
pub struct Counted {
    pub stock: Stock,
}

fn main() {}
