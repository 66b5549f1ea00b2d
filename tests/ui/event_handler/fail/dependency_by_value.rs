use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Mailer;

#[event_handler(OrderCreated)]
async fn tell(event: &Recorded<OrderCreated>, mailer: Mailer) -> Result<(), HandlerError> {
    let _ = (event, mailer);
    Ok(())
}

#[event_handler(OrderShipped)]
async fn ship(event: &Recorded<OrderShipped>, mailer: &mut Mailer) -> Result<(), HandlerError> {
    let _ = (event, mailer);
    Ok(())
}

fn main() {}
