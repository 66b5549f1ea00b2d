//! Prints the template that deploys the other three.

use cqrs_core::App;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::template::Template;
use lambda_runtime::Error;
use orders::read_models::{NotificationService, OrderCreatedHandler};

fn main() -> Result<(), Error> {
    // The wiring is the same on every store.
    let handler = OrderCreatedHandler { notifications: NotificationService::default() };
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).provide(handler).build()?;
    let template = Template::of(app.wiring()).prefix("orders-");
    let template = template.commands("orders-commands").relay("orders-relay").subscriber("orders-subscriber");
    println!("{}", template.to_json()?);
    Ok(())
}
