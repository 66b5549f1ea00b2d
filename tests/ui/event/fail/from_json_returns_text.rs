use cqrs_core::prelude::*;

fn upgrade(data: cqrs_core::Json) -> String {
    data.to_string()
}

#[event(schema = 2, from_json(1, upgrade))]
pub struct OrderCreated;

fn main() {}
