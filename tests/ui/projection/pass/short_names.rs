//! Names that generated code might have for parameters.

use cqrs_core::prelude::*;
use cqrs_core::serde::Deserialize;
use cqrs_misuse::{Order, OrderCreated};

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

pub fn listed(app: &App, tenant: &Tenant) {
    let _ = app.query::<S>(tenant).by_total(A(1)).descending();
}

fn main() {}
