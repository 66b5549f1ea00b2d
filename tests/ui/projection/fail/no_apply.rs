use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Order)]
impl Summary {
    pub fn total(&self) -> u64 {
        self.total
    }
}

fn main() {}
