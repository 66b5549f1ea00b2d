//! Orders, with a projection, and a handler that cannot bill an amount of 13.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;

#[event]
pub(crate) struct OrderCreated {
    pub customer: String,
    pub total: u64,
}

#[event]
pub(crate) struct OrderShipped {
    pub carrier: String,
}

#[derive(Clone)]
pub(crate) struct Create {
    pub customer: String,
    pub total: u64,
}

#[derive(Clone)]
pub(crate) struct Ship {
    pub carrier: String,
}

#[aggregate(entity = "ORDER")]
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub customer: String,
    pub total: u64,
    pub shipped: bool,
}

#[aggregate]
impl Order {
    #[command]
    fn create(&self, command: Create) -> Result<OrderCreated, std::convert::Infallible> {
        Ok(OrderCreated { customer: command.customer, total: command.total })
    }

    #[command]
    fn ship(&self, command: Ship) -> Result<OrderShipped, std::convert::Infallible> {
        Ok(OrderShipped { carrier: command.carrier })
    }

    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.customer.clone_from(&event.customer);
        self.total = event.total;
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {
        self.shipped = true;
    }
}

#[projection(Order)]
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub customer: String,
    pub total: u64,
}

#[projection(Order)]
impl Totals {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.customer.clone_from(&event.customer);
        self.total = event.total;
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {}
}

#[event_handler(OrderCreated, name = "bill")]
async fn bill(event: &OrderCreated, luck: &Luck) -> Result<(), HandlerError> {
    if event.total == 13 && !luck.0.load(Ordering::Relaxed) {
        return Err(HandlerError::permanent("nobody pays 13"));
    }
    Ok(())
}

/// Whether 13 can be billed by now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Luck(pub(crate) Arc<AtomicBool>);

/// A name that must never run as a script.
pub(crate) const SCRIPT: &str = "<script>alert(1)</script>\u{7}\"'&\u{2028}";

pub(crate) fn key(id: &str) -> OrderKey {
    OrderKey::new(&Tenant::new("SHOP").unwrap(), id)
}

pub(crate) fn app(luck: &Luck) -> App {
    let store = MemoryEventStore::new();
    App::builder(store).views(MemoryViewStore::new()).provide(luck.clone()).build().unwrap()
}

/// Three orders: one is shipped, and one is not billed; all are delivered.
pub(crate) async fn sold() -> App {
    sold_with(&Luck::default()).await
}

pub(crate) async fn sold_with(luck: &Luck) -> App {
    let app = app(luck);
    for (id, customer, total) in [("1", "Ada", 100), ("2", SCRIPT, 13), ("3", "Ada", 300)] {
        let create = Create { customer: customer.to_owned(), total };
        app.execute(&key(id), create).correlation_id("first").await.unwrap();
    }
    app.execute(&key("1"), Ship { carrier: "UPS".to_owned() }).await.unwrap();
    app.run_until_idle().await.unwrap();
    app
}
