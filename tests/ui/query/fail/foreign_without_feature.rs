use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order, index(by_day(customer_id, day)))]
#[derive(Default)]
pub struct Summary {
    customer_id: String,
    day: Option<chrono::NaiveDate>,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.customer_id.clone_from(&event.customer_id);
    }
}

fn main() {}
