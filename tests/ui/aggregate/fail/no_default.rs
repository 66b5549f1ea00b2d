use cqrs_core::prelude::*;

#[event]
pub struct Opened;

#[aggregate(entity = "CART")]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
