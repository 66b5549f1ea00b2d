use cqrs_core::prelude::*;

use cqrs_core::serde;

#[event]
pub struct Nothing;

#[event]
pub struct Braces {}

#[event(name = "Renamed", alias = "Named", alias = "Called")]
#[derive(Debug, Clone)]
pub struct Named {
    #[serde(default)]
    pub r#type: String,
    pub some: Option<Nested>,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub struct Nested {
    pub value: u8,
}

#[event]
#[derive(serde::Serialize)]
#[serde(crate = "cqrs_core::serde", rename_all = "snake_case")]
pub struct HalfDerived {
    pub some_value: u8,
}

fn main() {}
