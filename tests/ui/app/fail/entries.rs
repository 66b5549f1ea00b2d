use cqrs_misuse::Order;

pub struct Mailer;

cqrs_core::app! {
    aggregates: [Order, Order],
    handler: [],
    provides: [Mailer, cqrs_core::App],
    provides: [Mailer],
}

fn main() {}
