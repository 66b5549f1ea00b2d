use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, ShipOrder};

pub async fn ship(app: &App, order: OrderKey) {
    let done = app.execute(order, ShipOrder { tracking: "Z1".into() }).await;
    println!("{}", done.is_ok());
}

fn main() {}
