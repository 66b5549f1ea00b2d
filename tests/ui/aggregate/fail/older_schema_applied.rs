use cqrs_core::prelude::*;

#[event(name = "ItemAdded")]
pub struct ItemAddedV1;

#[event(schema = 2, from = ItemAddedV1)]
pub struct ItemAdded;

impl From<ItemAddedV1> for ItemAdded {
    fn from(_: ItemAddedV1) -> Self {
        Self
    }
}

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[apply]
    fn old(&mut self, _: &ItemAddedV1) {}

    #[apply]
    fn added(&mut self, _: &ItemAdded) {}
}

fn main() {}
