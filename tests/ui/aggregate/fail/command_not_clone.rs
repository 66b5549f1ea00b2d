use cqrs_core::prelude::*;

#[event]
pub struct ItemAdded;

pub struct AddItem;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[command]
    fn add(&self, _: AddItem) -> Result<ItemAdded, String> {
        Ok(ItemAdded)
    }

    #[apply]
    fn added(&mut self, _: &ItemAdded) {}
}

fn main() {}
