use cqrs_core::prelude::*;
use cqrs_misuse::{Order, OrderCreated};

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
