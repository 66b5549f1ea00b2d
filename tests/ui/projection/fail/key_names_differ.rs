use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(key(customer_id: String))]
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

fn main() {}
