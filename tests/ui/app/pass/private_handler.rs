//! A handler registers itself, so that the root list of a program may name it whatever its visibility is.

mod shop {
    use cqrs_core::prelude::*;
    use cqrs_misuse::{OrderCreated, OrderShipped};

    #[event_handler(OrderCreated)]
    async fn greet(_: &OrderCreated) -> Result<(), HandlerError> {
        Ok(())
    }

    #[event_handler(OrderShipped)]
    async fn tell(_: &OrderShipped) -> Result<(), HandlerError> {
        Ok(())
    }
}

cqrs_core::app! {
    aggregates: [cqrs_misuse::Order],
    handlers: [shop::greet, shop::tell],
}

fn main() {}
