use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated)]
async fn tell(event: &Recorded<OrderCreated>) {
    let _ = event;
}

#[event_handler(OrderShipped)]
async fn count(event: &Recorded<OrderShipped>) -> usize {
    event.tracking.len()
}

fn main() {}
