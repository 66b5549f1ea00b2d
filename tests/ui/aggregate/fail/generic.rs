use cqrs_core::prelude::*;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart<T> {
    items: Vec<T>,
}

fn main() {}
