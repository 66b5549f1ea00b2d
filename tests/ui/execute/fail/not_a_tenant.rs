use cqrs_misuse::OrderKey;

pub fn order() -> OrderKey {
    OrderKey::new("TENANT001", "4711")
}

fn main() {}
