use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&self, event: &OrderCreated) -> u64 {
        event.total + self.total
    }
}

fn main() {}
