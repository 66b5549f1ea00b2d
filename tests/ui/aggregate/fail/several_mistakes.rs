use cqrs_core::prelude::*;

#[event]
pub struct ItemAdded;

#[derive(Clone)]
pub struct AddItem;

#[aggregate(entity = "cart", sk = "CART#{nr}", shard = 2)]
#[derive(Default)]
pub struct Cart {}

#[aggregate]
impl Cart {
    #[command]
    async fn add(&mut self, _: AddItem) -> Result<ItemAdded, String> {
        Ok(ItemAdded)
    }

    #[apply]
    fn added(&self, _: ItemAdded) {}
}

// Nothing that uses the aggregate complains as well.
async fn run(app: App, key: CartKey) {
    let _ = app.execute(&key, AddItem).await;
    let _ = app.load(&key).await;
}

fn main() {}
