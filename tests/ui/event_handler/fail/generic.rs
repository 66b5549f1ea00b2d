use cqrs_core::prelude::*;
use cqrs_misuse::*;

#[event_handler(OrderCreated)]
async fn tell<T: Default>(event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = (event, T::default());
    Ok(())
}

pub struct Mail<T>(T);

#[event_handler(OrderCreated)]
impl<T: Send + Sync + 'static> Mail<T> {
    async fn execute(&self, event: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
        let _ = (event, &self.0);
        Ok(())
    }
}

fn main() {}
