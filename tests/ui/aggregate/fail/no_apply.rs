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
    #[command]
    fn add(&self, command: AddItem) -> Result<(), String> {
        let _ = (command, &self.items);
        Ok(())
    }
}

fn main() {}
