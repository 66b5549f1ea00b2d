use cqrs_core::prelude::*;

fn upgrade(data: cqrs_core::Json) -> cqrs_core::Json {
    data
}

#[event(schema = 4, from_json(1, upgrade), from_json(3, upgrade))]
pub struct Hole;

#[event(schema = 2, from_json(1, upgrade), from_json(1, upgrade), from_json(2, upgrade))]
pub struct Twice;

#[event(schema = 2, from_json = upgrade)]
pub struct Form;

#[event(schema = 2, from_json(upgrade))]
pub struct NoSchema;

fn main() {}
