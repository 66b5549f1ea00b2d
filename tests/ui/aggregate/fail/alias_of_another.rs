use cqrs_core::prelude::*;

#[event]
pub struct ItemAdded;

#[event(alias = "ItemAdded")]
pub struct GiftAdded;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[apply]
    fn gift(&mut self, _: &GiftAdded) {}

    #[apply]
    fn added(&mut self, _: &ItemAdded) {}
}

fn main() {}
