use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Mailer;

#[event_handler(OrderCreated)]
impl Mailer {
    async fn created(&self, _: &OrderCreated) -> Result<(), HandlerError> {
        Ok(())
    }
}

pub async fn again(app: &App) {
    app.replay::<Mailer>().await.unwrap();
}

fn main() {}
