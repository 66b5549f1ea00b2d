use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, OrderShipped};

pub async fn ship(app: &App, order: &OrderKey) {
    let done = app.execute(order, OrderShipped { tracking: "Z1".into() }).await;
    println!("{}", done.is_ok());
}

fn main() {}
