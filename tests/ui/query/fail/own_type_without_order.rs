use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Debug, Clone, Default, cqrs_core::serde::Serialize, cqrs_core::serde::Deserialize)]
#[serde(crate = "cqrs_core::serde")]
pub enum Status {
    #[default]
    Open,
    Closed,
}

#[projection(Order, index(by_status(status, total)))]
#[derive(Default)]
pub struct Summary {
    status: Status,
    total: u64,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
