use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[apply(keys = [1, 2])]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
