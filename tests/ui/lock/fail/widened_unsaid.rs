use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[event]
pub struct LockedOrder {
    pub customer_id: String,
    pub total: u64,
    pub items: Vec<String>,
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Item {
    pub sku: String,
    pub quantity: u64,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub enum Payment {
    Voucher(String),
    Cash,
    Card { number: String },
}

#[event(name = "Locked Basket")]
pub struct LockedBasket {
    pub items: Vec<Item>,
    pub payment: Option<Payment>,
}

#[event(widened = 1)]
pub struct LockedNote {
    pub text: String,
    pub by: Option<String>,
    #[serde(default)]
    pub urgent: bool,
}

fn main() {}
