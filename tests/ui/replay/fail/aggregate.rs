use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub async fn again(app: &App) {
    app.replay::<Order>().await.unwrap();
}

fn main() {}
