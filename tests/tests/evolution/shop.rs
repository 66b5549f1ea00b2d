//! Events as of today; their earlier shapes are stored as JSON, as the programs of then wrote them.

use std::sync::{Arc, Mutex};

use cqrs_core::Json;
use cqrs_core::commit::{Commit, StoredEvent};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::commits;
use serde_json::Value;

#[event(name = "OrderCreated")]
pub(crate) struct OrderCreatedV1 {
    pub(crate) customer: String,
    pub(crate) euros: u64,
}

#[event(name = "OrderCreated", schema = 2, from = OrderCreatedV1)]
pub(crate) struct OrderCreatedV2 {
    pub(crate) customer: String,
    pub(crate) cents: u64,
}

/// Renamed since.
#[event(schema = 3, from = OrderCreatedV2, alias = "OrderCreated")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderPlaced {
    pub(crate) customer: String,
    pub(crate) cents: u64,
    pub(crate) currency: String,
}

#[event(schema = 3, from_json(2, rename_parcel), from_json(1, |data: Json| data))]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderShipped {
    pub(crate) parcel: String,
}

impl From<OrderCreatedV1> for OrderCreatedV2 {
    fn from(old: OrderCreatedV1) -> Self {
        Self { customer: old.customer, cents: old.euros * 100 }
    }
}

impl From<OrderCreatedV2> for OrderPlaced {
    fn from(old: OrderCreatedV2) -> Self {
        Self { customer: old.customer, cents: old.cents, currency: "EUR".to_owned() }
    }
}

fn rename_parcel(mut data: Json) -> Result<Json, &'static str> {
    let parcel = data["tracking"].take();
    if parcel.is_null() {
        return Err("there is no `tracking`");
    }
    data["parcel"] = parcel;
    Ok(data)
}

#[derive(Clone)]
pub(crate) struct Ship {
    pub(crate) parcel: String,
}

#[aggregate(entity = "ORDER")]
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub(crate) cents: u64,
    pub(crate) currency: String,
    pub(crate) parcels: Vec<String>,
}

#[aggregate]
impl Order {
    #[command]
    fn ship(&self, command: Ship) -> Result<OrderShipped, std::convert::Infallible> {
        Ok(OrderShipped { parcel: command.parcel })
    }

    #[apply]
    fn placed(&mut self, event: &OrderPlaced) {
        self.cents += event.cents;
        self.currency.clone_from(&event.currency);
    }

    #[apply]
    fn shipped(&mut self, event: &OrderShipped) {
        self.parcels.push(event.parcel.clone());
    }
}

#[projection(Order)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub(crate) cents: u64,
    pub(crate) parcels: usize,
}

#[projection(Order)]
impl Summary {
    #[apply]
    fn placed(&mut self, event: &OrderPlaced) {
        self.cents += event.cents;
    }

    #[apply]
    fn shipped(&mut self, _: &OrderShipped) {
        self.parcels += 1;
    }
}

#[projection(key(customer: String))]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Revenue {
    pub(crate) cents: u64,
}

#[projection(key(customer))]
impl Revenue {
    #[apply]
    fn placed(&mut self, event: &OrderPlaced) {
        self.cents += event.cents;
    }
}

#[derive(Default)]
pub(crate) struct Seen(pub(crate) Arc<Mutex<Vec<OrderPlaced>>>);

#[event_handler(OrderPlaced)]
async fn note(event: &OrderPlaced, seen: &Seen) -> Result<(), HandlerError> {
    seen.0.lock().unwrap().push(event.clone());
    Ok(())
}

pub(crate) fn app(dynamo: &Dynamo) -> (App, Arc<Mutex<Vec<OrderPlaced>>>) {
    let seen = Seen::default();
    let placed = Arc::clone(&seen.0);
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).provide(seen).build().unwrap();
    (app, placed)
}

pub(crate) fn order(id: &str) -> OrderKey {
    OrderKey::new(&Tenant::new("SHOP").unwrap(), id)
}

/// Stores a commit of one event, as a program of then did.
pub(crate) async fn stored(
    dynamo: &Dynamo,
    id: &str,
    version: u64,
    (name, schema, data): (&str, u32, Value),
) {
    let mut commit: Commit = commits::commit(&order(id).stream().unwrap(), version, Value::Null);
    commit.events = vec![StoredEvent::new(name, schema, data)];
    cqrs_tests::commits::append(&dynamo.event_store(), &commit).await.unwrap();
}
