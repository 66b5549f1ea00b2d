use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[command]
    fn create(&self, command: CreateOrder) -> Result<OrderCreated, OrderError> {
        Ok(OrderCreated { customer_id: command.customer_id, total: self.total })
    }
}

fn main() {}
