use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Counts {
    pub by_shelf: BTreeMap<u32, u64>,
}

#[event]
pub struct Counted {
    pub place: String,
    #[serde(flatten)]
    pub counts: Counts,
}

fn main() {}
