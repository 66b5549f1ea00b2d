use cqrs_core::prelude::*;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub enum Cart {
    #[default]
    Empty,
}

fn main() {}
