use std::convert::Infallible;

use cqrs_core::prelude::*;

#[event]
pub struct PaymentRequested {
    pub reservation: String,
    pub cents: u64,
}
#[event]
pub struct PaymentTaken {
    pub reservation: String,
}
#[event]
pub struct PaymentDeclined {
    pub reservation: String,
}
#[event]
pub struct PaymentRefunded {
    pub reservation: String,
}

#[command]
pub struct RequestPayment {
    pub reservation: String,
    pub cents: u64,
}
/// The bank's answer.
pub struct TakePayment;
pub struct DeclinePayment;
/// Takes the request back, and the money if it has already come.
#[command]
pub struct CancelPayment {}

#[aggregate(entity = "PAYMENT")]
#[derive(Debug, Default)]
pub struct Payment {
    reservation: String,
    pub requested: bool,
    pub taken: bool,
}

#[aggregate]
impl Payment {
    #[command]
    fn request(&self, command: &RequestPayment) -> Result<Option<PaymentRequested>, Infallible> {
        let RequestPayment { reservation, cents } = command;
        let request = PaymentRequested { reservation: reservation.clone(), cents: *cents };
        Ok((!self.requested).then_some(request))
    }

    #[command]
    fn take(&self, _: &TakePayment) -> Result<Option<PaymentTaken>, Infallible> {
        Ok((!self.taken).then(|| PaymentTaken { reservation: self.reservation.clone() }))
    }

    #[command]
    fn decline(&self, _: &DeclinePayment) -> Result<Option<PaymentDeclined>, Infallible> {
        Ok((!self.taken).then(|| PaymentDeclined { reservation: self.reservation.clone() }))
    }

    #[command]
    fn cancel(&self, _: &CancelPayment) -> Result<Option<PaymentRefunded>, Infallible> {
        Ok(self.taken.then(|| PaymentRefunded { reservation: self.reservation.clone() }))
    }

    #[apply]
    fn requested(&mut self, event: &PaymentRequested) {
        self.reservation.clone_from(&event.reservation);
        self.requested = true;
    }

    #[apply]
    fn taken(&mut self, _: &PaymentTaken) {
        self.taken = true;
    }

    #[apply]
    fn declined(&mut self, _: &PaymentDeclined) {
        self.requested = false;
    }

    #[apply]
    fn refunded(&mut self, _: &PaymentRefunded) {
        self.taken = false;
    }
}
