use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(key(customer_id: String))]
#[derive(Default)]
pub struct Totals {
    total: u64,
}

#[projection(key(customer_id))]
impl Totals {
    #[apply(key(customr_id = event.customer_id.clone()))]
    fn created(&mut self, event: &OrderCreated) {
        self.total += event.total;
    }
}

fn main() {}
