//! The domain that is replayed: payments of about 450 stored bytes each, and two read models of them.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_benches::floor::{self, Item};
use cqrs_core::prelude::*;

use crate::Fallible;

/// The number of customers who share the orders.
pub(crate) const CUSTOMERS: u64 = 100;

/// A part of an order was paid.
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

/// The customer of an order.
pub(crate) fn customer(order: u64) -> String {
    format!("customer-{}", order % CUSTOMERS)
}

/// The partition that holds all commits.
pub(crate) const PARTITION: &str = "SHOP#ORDER";

/// A number of commits, `each` of them in a stream, as commands store them.
pub(crate) fn commits(commits: u64, each: u64) -> impl Iterator<Item = Item> {
    (0..commits).map(move |number| commit(number / each, number % each + 1))
}

fn commit(stream: u64, version: u64) -> Item {
    let text = |text: String| AttributeValue::S(text);
    let data = [
        ("customer", text(customer(stream))),
        ("cents", AttributeValue::N("5".to_owned())),
        ("note", text("x".repeat(100))),
    ];
    let data = data.map(|(name, value)| (name.to_owned(), value)).into();
    let sk = format!("ORDER#{stream:07}@{version:010}");
    let mut item = floor::commit(PARTITION, &sk, version, "Paid", data);
    item.insert("createdBy".to_owned(), text("user-123".to_owned()));
    item
}
