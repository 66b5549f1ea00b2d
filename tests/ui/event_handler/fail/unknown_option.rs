use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, nmae = "mail")]
async fn tell(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, onec)]
async fn misspelt_flag(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retries = 3)]
async fn unlike_any(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
