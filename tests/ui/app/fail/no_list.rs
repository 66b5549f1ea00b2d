use cqrs_misuse::Order;

cqrs_core::app! {
    aggregates: Order,
}

fn main() {}
