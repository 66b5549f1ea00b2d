use cqrs_core::prelude::*;
use cqrs_misuse::OrderKey;

#[derive(Debug, Clone)]
pub struct RefundOrder;

pub async fn refund(app: &App, order: &OrderKey) {
    let done = app.execute(order, RefundOrder).by("ada").await;
    println!("{}", done.is_ok());
}

fn main() {}
