use cqrs_core::prelude::*;

#[process(key(reservation: String))]
#[derive(Clone, Default)]
pub enum Booking {
    #[default]
    Open,
    Paid,
}

fn main() {}
