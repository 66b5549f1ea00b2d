use cqrs_core::prelude::*;
use cqrs_misuse::ShipOrder;

pub async fn ship(app: &App) {
    let done = app.execute("4711", ShipOrder { tracking: "Z1".into() }).await;
    println!("{}", done.is_ok());
}

fn main() {}
