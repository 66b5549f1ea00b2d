use cqrs_core::prelude::*;

#[event(name = "ItemAdded")]
pub struct OldItemAdded;

#[event]
pub struct ItemAdded;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[apply]
    fn old(&mut self, _: &OldItemAdded) {}

    #[apply]
    fn added(&mut self, _: &ItemAdded) {}
}

fn main() {}
