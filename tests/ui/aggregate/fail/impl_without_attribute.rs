use cqrs_core::prelude::*;
use cqrs_misuse::{OrderCreated, OrderError, OrderShipped, ShipOrder};

#[aggregate(entity = "PARCEL")]
#[derive(Default)]
pub struct Parcel {
    total: u64,
}

impl Parcel {
    #[command]
    fn ship(&self, command: &ShipOrder) -> Result<OrderShipped, OrderError> {
        Ok(OrderShipped { tracking: command.tracking.clone() })
    }

    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = event.total;
    }
}

fn main() {}
