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
    fn created(&mut self, event: &OrderCreated) -> bool {
        self.total = event.total;
        true
    }
}

fn main() {}
