//! Three schemas of one event, a renaming, and shapes of all kinds.

use std::collections::BTreeMap;

use cqrs_core::Json;
use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[event(name = "Paid", schema = 1)]
struct PaidV1 {
    euros: u64,
}

#[event(name = "Paid", schema = 2, from = PaidV1)]
struct PaidV2 {
    cents: u64,
}

#[event(schema = 3, from = PaidV2, alias = "Payed")]
struct Paid {
    cents: u64,
    by: Means,
    tags: BTreeMap<String, Vec<Option<Tag>>>,
}

#[event(schema = 3, from_json(2, |data: Json| data), from_json(1, named))]
struct Refunded;

#[event(schema = 2, from_json(1, data))]
struct Reminded;

/// A name that the generated code has for itself.
fn data(data: Json) -> Json {
    data
}

fn named(data: Json) -> Result<Json, String> {
    if data.is_object() { Ok(data) } else { Err("no object".to_owned()) }
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", tag = "kind", rename_all = "camelCase")]
enum Means {
    Cash,
    Card { number: String, valid: (u16, u8) },
}

#[derive(Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
struct Tag {
    name: String,
    inner: Vec<Tag>,
}

impl From<PaidV1> for PaidV2 {
    fn from(old: PaidV1) -> Self {
        Self { cents: old.euros * 100 }
    }
}

impl From<PaidV2> for Paid {
    fn from(old: PaidV2) -> Self {
        Self { cents: old.cents, by: Means::Cash, tags: BTreeMap::new() }
    }
}

#[aggregate(entity = "ACCOUNT")]
#[derive(Default)]
struct Account {
    cents: u64,
}

#[aggregate]
impl Account {
    #[apply]
    fn paid(&mut self, event: &Paid) {
        let _ = (&event.by, &event.tags);
        self.cents += event.cents;
    }

    #[apply]
    fn refunded(&mut self, _: &Refunded) {
        self.cents = 0;
    }
}

fn main() {
    assert_eq!(
        Paid::SHAPE.to_string(),
        "{ cents: u64, by: enum tag \"kind\" { cash, card: { number: string, valid: (u16, u8) } }, \
         tags: map<string, [{ name: string, inner: [itself] }?]> }"
    );
}
