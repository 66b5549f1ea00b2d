use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Item {
    pub sku: String,
    pub count: u32,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub enum Payment {
    Cash,
    Card { number: u64 },
    Voucher(String),
}

#[event(name = "Locked Basket")]
pub struct LockedBasket {
    pub items: Vec<Item>,
    pub payment: Option<Payment>,
}

fn main() {}
