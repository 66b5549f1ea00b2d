use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Mail;

#[event_handler(OrderCreated)]
impl Mail {
    async fn created(&self, event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
        let _ = event;
        Ok(())
    }

    async fn shipped(&self, event: &Recorded<OrderShipped>) -> Result<(), HandlerError> {
        let _ = event;
        Ok(())
    }
}

fn main() {}
