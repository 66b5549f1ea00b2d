cqrs_core::app! {
    aggregates: cqrs_misuse::Order,
}

fn main() {}
