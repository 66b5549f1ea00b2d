use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, OrderCreated, name = "a", name = "b", once, once)]
async fn tell(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
