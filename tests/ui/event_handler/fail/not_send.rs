use cqrs_core::prelude::*;
use cqrs_misuse::*;

async fn send() {}

#[event_handler(OrderCreated)]
async fn tell(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let text = std::rc::Rc::new(event.customer_id.clone());
    send().await;
    println!("{text}");
    Ok(())
}

fn main() {}
