use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, once = "x")]
async fn text(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, once(true))]
async fn list(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
