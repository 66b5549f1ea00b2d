use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(key(customer_id: String))]
#[derive(Default)]
pub struct Totals {
    total: u64,
}

#[projection(key(customer_id))]
impl Totals {
    #[apply]
    fn shipped(&mut self, _event: &OrderShipped) {
        self.total += 1;
    }
}

fn main() {}
