use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[derive(Clone)]
pub struct Pay;

async fn run(app: App, key: OrderKey) {
    let _ = app.execute(&key, Pay).await;
}

fn main() {}
