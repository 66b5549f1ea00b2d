use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, concurrency = 0)]
async fn zero(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, concurrency = -1)]
async fn negative(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, concurrency = "4")]
async fn text(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, concurrency)]
async fn nothing(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
