use cqrs_core::prelude::*;
use cqrs_misuse::OrderKey;
use cqrs_misuse::hotel::TakePayment;

pub async fn pay(app: &App, order: &OrderKey) {
    let done = app.execute(order, TakePayment { cents: 1 }).await;
    println!("{}", done.is_ok());
}

fn main() {}
