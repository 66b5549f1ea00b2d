cqrs_core::app! {
    aggregates: [cqrs_misuse::Order, cqrs_misuse::hotel::Payment],
}

fn main() {}
