use cqrs_core::prelude::*;
use cqrs_misuse::{OrderCreated, OrderShipped};

pub struct Mailer;

#[event_handler(OrderCreated)]
async fn greet(_: &OrderCreated, _: &Mailer) -> Result<(), HandlerError> {
    Ok(())
}

#[event_handler(OrderShipped)]
async fn tell_customer(_: &OrderShipped) -> Result<(), HandlerError> {
    Ok(())
}

cqrs_core::app! {
    handlers: [greet, tell_customer],
    provides: [Mailer],
}

fn main() {}
