use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, timeout = "soon")]
async fn no_duration(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, timeout = "0s")]
async fn no_time(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, timeout = "13h")]
async fn longer_than_a_message_is_kept(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, timeout = 30)]
async fn without_a_unit(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
