use cqrs_core::prelude::*;

#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {}

async fn run(app: App, key: CartKey) {
    let _ = app.load(&key).await;
}

fn main() {}
