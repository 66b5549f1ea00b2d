cqrs_core::testing::wiring!(provide: [cqrs_misuse::Order]);

fn main() {}
