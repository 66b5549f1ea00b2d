//! The domain that is replayed: payments, about 450 bytes each as stored, and two read models of them.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_benches::floor::Item;
use cqrs_core::prelude::*;

use crate::Fallible;

/// So many customers share the orders.
pub(crate) const CUSTOMERS: u64 = 100;

/// An order was paid for, in part.
#[event]
pub(crate) struct Paid {
    pub(crate) customer: String,
    pub(crate) cents: u64,
    pub(crate) note: String,
}

#[aggregate(entity = "ORDER")]
#[derive(Default)]
pub(crate) struct Order {
    pub(crate) cents: u64,
}

#[aggregate]
impl Order {
    #[apply]
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }
}

/// One view per stream.
#[projection(Order)]
#[derive(Default)]
pub(crate) struct OrderSummary {
    pub(crate) customer: String,
    pub(crate) cents: u64,
    pub(crate) payments: u64,
}

#[projection(Order)]
impl OrderSummary {
    #[apply]
    fn paid(&mut self, event: &Paid) {
        self.customer.clone_from(&event.customer);
        self.cents += event.cents;
        self.payments += 1;
    }
}

/// One view per customer, of many streams.
#[projection(key(customer: String))]
#[derive(Default)]
pub(crate) struct CustomerTotal {
    pub(crate) cents: u64,
    pub(crate) payments: u64,
}

#[projection(key(customer))]
impl CustomerTotal {
    #[apply]
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
        self.payments += 1;
    }
}

pub(crate) fn tenant() -> Fallible<Tenant> {
    Ok(Tenant::new("SHOP")?)
}

/// Whose order it is.
pub(crate) fn customer(order: u64) -> String {
    format!("customer-{}", order % CUSTOMERS)
}

/// The partition that holds all commits.
pub(crate) const PARTITION: &str = "SHOP#ORDER";

/// So many commits, `each` of them in a stream, as commands store them.
pub(crate) fn commits(commits: u64, each: u64) -> impl Iterator<Item = Item> {
    (0..commits).map(move |number| commit(number / each, number % each + 1))
}

fn commit(stream: u64, version: u64) -> Item {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: u64| AttributeValue::N(value.to_string());
    let data =
        [("customer", text(&customer(stream))), ("cents", number(5)), ("note", text(&"x".repeat(100)))];
    let data = data.map(|(name, value)| (name.to_owned(), value));
    let id = format!("{stream:08x}-{:04x}-7000-8000-{version:012x}", version % 0xffff);
    let attributes = [
        ("pk", text(PARTITION)),
        ("sk", text(&format!("ORDER#{stream:07}@{version:010}"))),
        ("version", number(version)),
        ("type", text("Paid")),
        ("schema", number(1)),
        ("data", AttributeValue::M(data.into())),
        ("createdAt", text("2026-01-01T00:00:00.000Z")),
        ("commandId", text(&id)),
        ("correlationId", text(&id)),
        ("createdBy", text("user-123")),
    ];
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}
