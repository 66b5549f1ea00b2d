use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated, nmae = "x")]
fn tell(event: OrderCreated, count: u64) {
    let _ = (event, count);
}

fn main() {}
