use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

/// Another remark, other derives, another order, names that are nowhere stored.
#[event]
#[derive(Debug, Clone)]
pub struct LockedOrder {
    pub items: std::collections::VecDeque<Box<str>>,
    #[serde(rename = "total")]
    pub sum: u64,
    /// Whose it is.
    pub customer_id: std::borrow::Cow<'static, str>,
    #[serde(skip)]
    pub remembered: Option<std::time::Instant>,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", rename_all = "camelCase")]
pub struct Line {
    pub quantity: u32,
    pub sku: String,
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub enum Method {
    Card { number: String },
    Cash,
}

#[event(name = "Locked Basket")]
pub struct LockedBasket {
    pub items: Vec<Line>,
    pub payment: Option<Method>,
}

#[event]
pub struct NotLockedYet {
    pub anything: u64,
}

fn main() {}
