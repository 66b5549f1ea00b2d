use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated)]
async fn tell(event: OrderCreated) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, name = "again")]
async fn tell_again(event: Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
