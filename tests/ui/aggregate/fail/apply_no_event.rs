use cqrs_core::prelude::*;

#[event]
pub struct ItemAdded {
    pub sku: String,
}

#[event]
pub struct CheckedOut;

#[derive(Clone)]
pub struct AddItem {
    pub sku: String,
}

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {
    items: Vec<String>,
}

#[aggregate]
impl Cart {
    #[apply]
    fn added(&mut self, event: &AddItem) {
        self.items.push(event.sku.clone());
    }
}

fn main() {}
