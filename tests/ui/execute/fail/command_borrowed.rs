use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, ShipOrder};

pub async fn ship(app: &App, order: &OrderKey, command: &ShipOrder) {
    let done = app.execute(order, command).await;
    println!("{}", done.is_ok());
}

fn main() {}
