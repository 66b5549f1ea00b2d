pub struct Mailer;

cqrs_core::app! {
    aggregates: [cqrs_misuse::Order, cqrs_misuse::Order],
    handler: [],
    provides: [Mailer, cqrs_core::App],
    provides: [Mailer],
}

fn main() {}
