use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[event(widened = 1)]
pub struct LockedOrder {
    pub note: Option<String>,
    pub customer_id: String,
    #[serde(default)]
    pub currency: String,
    pub total: u64,
    pub items: Vec<String>,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Item {
    pub sku: String,
    pub quantity: u64,
    pub gift: Option<bool>,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub enum Payment {
    Voucher(String),
    Cash,
    Card { number: String, valid_until: Option<Timestamp> },
}

#[event(name = "Locked Basket", widened = 1)]
pub struct LockedBasket {
    pub items: Vec<Item>,
    pub payment: Option<Payment>,
}

/// The second time.
#[event(widened = 2)]
pub struct LockedNote {
    pub text: String,
    pub by: Option<String>,
    pub at: Option<Timestamp>,
}

/// What the lock does not see, inside of an opaque type, is said by the number alone.
#[command(widened = 1)]
pub struct LockedRelease {
    pub reason: String,
}

fn main() {}
