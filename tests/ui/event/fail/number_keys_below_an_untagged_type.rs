use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", untagged)]
pub enum Stock {
    Shelves(BTreeMap<i64, u64>),
    Total(u64),
}

#[event]
pub struct Counted {
    pub stock: Vec<Stock>,
}

fn main() {}
