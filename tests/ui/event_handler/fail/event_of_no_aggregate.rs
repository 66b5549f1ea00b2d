use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(PaymentTaken)]
async fn tell(event: &Recorded<PaymentTaken>) -> Result<(), HandlerError> {
    let _ = event;
    Ok(())
}

fn main() {}
