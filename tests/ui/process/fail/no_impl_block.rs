use cqrs_core::prelude::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub struct Booking {
    paid: bool,
}

async fn state(app: App, key: BookingKey) {
    let _ = app.load(&key).await;
}

fn main() {}
