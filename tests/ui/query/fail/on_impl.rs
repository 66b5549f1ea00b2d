use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    customer: String,
    total: u64,
}

#[projection(Order, index(by_customer(customer)))]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
