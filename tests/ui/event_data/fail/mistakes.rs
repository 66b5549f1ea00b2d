use cqrs_core::prelude::*;

#[derive(EventData)]
pub union Bits {
    whole: u32,
    parts: [u8; 4],
}

#[derive(EventData)]
#[event_data(opaqe)]
pub struct Money(u64);

#[derive(EventData)]
pub struct Item {
    #[event_data]
    pub sku: String,
    #[event_data(example = 5)]
    pub price: u64,
    #[event_data(opaque = "yes")]
    pub weight: u64,
}

fn main() {}
