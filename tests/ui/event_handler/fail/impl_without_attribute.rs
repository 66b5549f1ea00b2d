use cqrs_core::prelude::*;
use cqrs_misuse::OrderCreated;

pub struct Mailer;

impl Mailer {
    #[event_handler]
    async fn created(&self, _: &OrderCreated) -> Result<(), HandlerError> {
        Ok(())
    }
}

fn main() {}
