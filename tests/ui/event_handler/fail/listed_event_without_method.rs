use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Mail;

#[event_handler(OrderCreated, OrderShipped)]
impl Mail {
    async fn created(&self, event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
        let _ = event;
        Ok(())
    }
}

fn main() {}
