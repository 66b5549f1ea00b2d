use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated)]
fn tell(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
