use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, queue = "mail queue")]
async fn blank(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, queue = "")]
async fn empty(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, queue = "a-queue-name-that-is-one-character-longer-than-sixty-of-them_")]
async fn long(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, queue = Mail)]
async fn no_text(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
