use cqrs_core::prelude::*;
use cqrs_misuse::{Order, OrderCreated, OrderShipped};

/// Private types in a public handler.
struct Mailer;
struct Stamps;

pub struct Desk;

#[event_handler(OrderShipped)]
impl Desk {
    async fn shipped(&self, _: &OrderShipped, _: &Mailer, _: &App, _: &Stamps) -> Result<(), HandlerError> {
        Ok(())
    }
}

/// A second block of the same type is a handler of its own.
#[event_handler(OrderCreated, name = "other desk", once)]
impl Desk {
    async fn created(&self, _: &OrderCreated) -> Result<(), HandlerError> {
        Ok(())
    }
}

/// A module of the name of a function is no conflict.
mod greet {}

#[event_handler(OrderCreated)]
async fn greet(_: &OrderCreated, _: &Mailer) -> Result<(), HandlerError> {
    Ok(())
}

mod inner {
    use cqrs_core::prelude::*;
    use cqrs_misuse::OrderShipped;

    #[event_handler(OrderShipped, name = "box")]
    pub(crate) async fn r#box(_: &OrderShipped) -> Result<(), HandlerError> {
        Ok(())
    }
}

#[projection(Order)]
#[derive(Default)]
pub struct Count {
    pub orders: u64,
}

#[projection(Order)]
impl Count {
    #[apply]
    fn created(&mut self, _: &OrderCreated) {
        self.orders += 1;
    }
}

cqrs_core::app! {
    aggregates: [Order],
    projections: [Count],
    handlers: [greet, inner::r#box],
    provides: [Mailer, Desk],
    crate: ::cqrs_core,
}

fn main() {}
