use cqrs_core::prelude::*;

#[derive(Debug, Clone)]
pub struct Cart;

#[aggregate]
impl Default for Cart {
    fn default() -> Self {
        Self
    }
}

fn main() {}
