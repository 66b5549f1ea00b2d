use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Mail;

impl Mail {
    #[event_handler(OrderCreated)]
    async fn execute(&self, event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
        let _ = event;
        Ok(())
    }
}

fn main() {}
