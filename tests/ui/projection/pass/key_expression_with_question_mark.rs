use cqrs_core::prelude::*;
use cqrs_misuse::OrderCreated;

#[projection(key(order: String))]
#[derive(Default)]
pub struct Totals {
    total: u64,
}

#[projection(key(order))]
impl Totals {
    #[apply(key(order = event.key()?.id().to_owned()))]
    fn created(&mut self, event: &Recorded<OrderCreated>) {
        self.total += event.total;
    }
}

fn main() {}
