use cqrs_core::prelude::*;

#[event(alias = "OrderCreated")]
pub struct OrderCreated;

#[event(alias = "Sent", alias = "Sent")]
pub struct OrderShipped;

#[event(alias = " ")]
pub struct OrderCancelled;

fn main() {}
