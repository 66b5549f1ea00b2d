use cqrs_core::prelude::*;
use cqrs_misuse::*;

pub struct Mailer;
pub struct Audit;

#[event_handler(OrderCreated)]
async fn plain(event: &OrderCreated) -> Result<(), HandlerError> {
    let _ = event.total;
    Ok(())
}

#[event_handler(OrderCreated, name = "with app")]
async fn with_app(event: &Recorded<OrderCreated>, app: &App, mailer: &Mailer) -> Result<(), HandlerError> {
    let _ = mailer;
    let _ = app.load(&event.key()?).await?;
    Ok(())
}

type Handled = Result<(), HandlerError>;

#[event_handler(OrderCreated, OrderShipped)]
impl Audit {
    async fn any_name(&self, event: &Recorded<OrderShipped>, mailer: &Mailer) -> Handled {
        let _ = (event, mailer);
        self.helper();
        Ok(())
    }

    async fn created(&self, _: &OrderCreated) -> Handled {
        Ok(())
    }

    fn helper(&self) {}
}

use cqrs_misuse::OrderCreated as Placed;

#[event_handler(OrderCreated)]
async fn alias(event: &Recorded<Placed>) -> Handled {
    let _ = event;
    Ok(())
}

#[event_handler(OrderCreated, once, queue = "mail", concurrency = 1)]
async fn all_options(event: &OrderCreated) -> Handled {
    let _ = event;
    Ok(())
}

#[event_handler(once, OrderShipped)]
impl Mailer {
    async fn shipped(&self, _: &OrderShipped) -> Handled {
        Ok(())
    }
}

/// In lower case, an event is told from an option by its path.
#[event]
#[allow(non_camel_case_types)]
pub struct closed {}

#[aggregate(entity = "SHOP")]
#[derive(Default)]
pub struct Shop {}

#[aggregate]
impl Shop {
    #[apply]
    fn closed(&mut self, _: &closed) {}
}

#[event_handler(self::closed)]
async fn lower_case(_: &closed) -> Handled {
    Ok(())
}

fn main() {}
