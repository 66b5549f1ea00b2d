use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub trait Mailer: Send + Sync {}

#[event_handler(OrderCreated)]
async fn tell(event: &Recorded<OrderCreated>, mailer: &dyn Mailer) -> Result<(), HandlerError> {
    let _ = (event, mailer);
    Ok(())
}

fn main() {}
