//! Names that generated code might have for parameters.

use cqrs_core::prelude::*;
use cqrs_core::serde::Deserialize;
use cqrs_misuse::{Order, OrderCreated, OrderShipped};

#[derive(Clone, Default, PartialEq, IndexValue)]
pub struct A(u64);

impl cqrs_core::serde::Serialize for A {
    fn serialize<S: cqrs_core::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> cqrs_core::serde::Deserialize<'de> for A {
    fn deserialize<D: cqrs_core::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self)
    }
}

#[projection(Order, index(by_total(total)))]
#[derive(Default)]
pub struct S {
    pub total: A,
}

#[projection(Order)]
impl S {
    #[apply]
    fn created(&mut self, event: &OrderCreated) {
        self.total = A(event.total);
    }
}

/// Events under names that the generated code has for itself.
#[projection(key(total: u64, customer: String))]
#[derive(Default)]
pub struct Names {
    pub count: u64,
}

#[projection(key(total, customer))]
impl Names {
    #[apply(key(customer = tenant.customer_id.clone()))]
    fn created(&mut self, tenant: &OrderCreated) {
        self.count += tenant.total;
    }

    #[apply(key(total = 0, customer = raw.stream().sk().to_owned()))]
    fn shipped(&mut self, raw: &Recorded<OrderShipped>) {
        self.count += raw.version().get();
    }
}

#[projection(key(part: String))]
#[derive(Default)]
pub struct Parts {
    pub count: u64,
}

#[projection(key(part))]
impl Parts {
    #[apply(keys = recorded.customer_id.split(' ').map(str::to_owned))]
    fn created(&mut self, recorded: &OrderCreated) {
        self.count += recorded.total;
    }

    #[apply(keys = item0.stream().sk().split('#').map(str::to_owned))]
    fn shipped(&mut self, item0: &Recorded<OrderShipped>) {
        self.count += item0.version().get();
    }
}

#[event_handler(OrderCreated, name = "scope")]
async fn scope(raw: &Recorded<OrderCreated>) -> Result<(), HandlerError> {
    let _ = raw;
    Ok(())
}

#[event_handler(OrderCreated, name = "event")]
async fn event(scope: &OrderCreated, app: &App) -> Result<(), HandlerError> {
    let _ = (scope, app);
    Ok(())
}

pub fn listed(app: &App, tenant: &Tenant) {
    let _ = app.query::<S>(tenant).by_total(A(1)).descending();
}

fn main() {}
