use cqrs_core::prelude::*;
use cqrs_misuse::hotel::{Room, RoomHeld};
use cqrs_misuse::{Order, OrderCreated};

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Room)]
impl Summary {
    #[apply]
    fn held(&mut self, event: &RoomHeld) {
        self.total = event.cents;
    }
}

#[projection(key(customer_id: String))]
#[derive(Default)]
pub struct Totals {
    total: u64,
}

#[projection(Order)]
impl Totals {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

#[projection(Order)]
#[derive(Default)]
pub struct Customer {
    total: u64,
}

#[projection(key(customer_id))]
impl Customer {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
