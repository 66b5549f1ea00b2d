use cqrs_core::prelude::*;
use cqrs_misuse::OrderCreated;

#[projection(key(customer: u64))]
#[derive(Default)]
pub struct Totals {
    total: u64,
}

#[projection(key(customer))]
impl Totals {
    #[apply(key(customer = event.customer_id.clone()))]
    fn created(&mut self, event: &OrderCreated) {
        self.total += event.total;
    }
}

#[projection(key(total: String))]
#[derive(Default)]
pub struct ByTotal {
    count: u64,
}

#[projection(key(total))]
impl ByTotal {
    #[apply]
    fn created(&mut self, _: &OrderCreated) {
        self.count += 1;
    }
}

fn main() {}
