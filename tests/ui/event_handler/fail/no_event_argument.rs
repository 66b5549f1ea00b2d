use cqrs_core::prelude::*;

#[event_handler(OrderCreated)]
async fn tell() -> Result<(), HandlerError> {
    Ok(())
}

pub struct Mail;

#[event_handler(OrderCreated)]
impl Mail {
    async fn execute(&self) -> Result<(), HandlerError> {
        Ok(())
    }
}

fn main() {}
