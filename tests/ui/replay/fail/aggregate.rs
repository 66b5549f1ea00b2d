use cqrs_core::prelude::*;
use cqrs_tests::shop::*;

pub async fn again(app: &App) {
    app.replay::<Order>().await.unwrap();
}

fn main() {}
