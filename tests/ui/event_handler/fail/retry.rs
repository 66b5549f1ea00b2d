use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, retry(attempts = 0))]
async fn never(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(attempts = 1000))]
async fn more_often_than_a_queue_gives_a_message(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(base = "10m", cap = "5m"))]
async fn shrinking(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(base = "soon", cap = "13h"))]
async fn no_durations(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(cap = 30))]
async fn without_a_unit(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(max = "5m", attempts = 2, attempts = 3))]
async fn unknown_and_twice(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry)]
async fn nothing(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry = 5)]
async fn a_number(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry())]
async fn empty(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(attempts = 16, cap = "12h"))]
async fn longer_than_a_queue_keeps_a_message(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, retry(attempts = 400, base = "1h"))]
async fn longer_by_the_first_waits(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
