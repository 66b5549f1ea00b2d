use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, index(by_customer(customer, price)))]
#[derive(Default)]
pub struct Summary {
    customer: String,
    total: u64,
    price: f64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
