use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event]
pub struct Opened;

#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
pub struct Account {}

#[aggregate]
impl Account {
    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

#[projection(Order)]
#[derive(Default)]
pub struct Summary {
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn opened(&mut self, _: &Opened) {
        self.total += 1;
    }
}

fn main() {}
