//! The events are in one crate, and the aggregate is in another.

use std::convert::Infallible;

use cqrs_core::prelude::*;
use cqrs_misuse::PaymentTaken;

#[derive(Clone)]
pub struct TakePayment {
    pub cents: u64,
}

#[aggregate(entity = "TILL")]
#[derive(Default)]
pub struct Till {
    cents: u64,
}

#[aggregate]
impl Till {
    #[command]
    fn take(&self, command: TakePayment) -> Result<PaymentTaken, Infallible> {
        Ok(PaymentTaken { cents: command.cents })
    }

    #[apply]
    fn taken(&mut self, event: &PaymentTaken) {
        self.cents += event.cents;
    }
}

#[projection(Till)]
#[derive(Default)]
pub struct Takings {
    pub cents: u64,
}

#[projection(Till)]
impl Takings {
    #[apply]
    fn taken(&mut self, event: &PaymentTaken) {
        self.cents += event.cents;
    }
}

#[event_handler(PaymentTaken)]
async fn tell(event: &Recorded<PaymentTaken>) -> Result<(), HandlerError> {
    let till = event.key()?;
    println!("{} took {}", till.id(), event.cents);
    Ok(())
}

fn main() {}
