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
    fn paid(&mut self, event: &PaymentTaken) {
        self.total = event.cents;
    }
}

fn main() {}
