use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated)]
async fn tell(event: &Recorded<OrderCreated>) -> Result<(), std::num::ParseIntError> {
    let _ = event;
    Ok(())
}

fn main() {}
