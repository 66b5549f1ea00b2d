use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Card {
    pub kind: String,
    pub number: String,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", tag = "kind")]
pub enum Payment {
    Card(Card),
    Cash,
}

#[event]
pub struct Paid {
    pub payment: Payment,
}

fn main() {}
