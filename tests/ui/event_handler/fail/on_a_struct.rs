use cqrs_core::prelude::*;

#[event_handler(OrderCreated)]
pub struct Mail;

fn main() {}
