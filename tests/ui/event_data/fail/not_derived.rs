use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(crate = "cqrs_core::serde")]
pub struct Item {
    pub sku: String,
}

#[event]
pub struct OrderCreated {
    pub items: Vec<Item>,
}

fn main() {}
