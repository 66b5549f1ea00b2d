use std::borrow::Cow;
use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};

#[event]
pub struct ItemAdded {}

/// Without snapshots a state may hold anything.
#[aggregate(entity = "CART")]
#[derive(Default)]
pub struct Cart {
    names: Vec<&'static str>,
}

#[aggregate]
impl Cart {
    #[apply]
    fn added(&mut self, _: &ItemAdded) {
        self.names.push("item");
    }
}

#[event]
pub struct Wrapped {}

/// With them it is derived what serde needs, where the author has not.
#[aggregate(entity = "BOX", snapshot_every = 1)]
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Parcel {
    label: Cow<'static, str>,
    items: BTreeMap<String, Option<u64>>,
}

#[aggregate]
impl Parcel {
    #[apply]
    fn wrapped(&mut self, _: &Wrapped) {
        self.label = "box".into();
    }
}

#[event]
pub struct Packed {}

#[aggregate(entity = "BAG", snapshot_every = 4_000_000_000)]
#[derive(Default, Serialize, Deserialize)]
#[serde(crate = "cqrs_core::serde", rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Bag {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packed_by: Option<String>,
}

#[aggregate]
impl Bag {
    #[apply]
    fn packed(&mut self, _: &Packed) {
        self.packed_by = None;
    }
}

#[event]
pub struct Opened;

#[aggregate(entity = "GATE", snapshot_every = 10)]
#[derive(Default, Serialize)]
#[serde(crate = "cqrs_core::serde")]
pub struct Gate;

#[aggregate]
impl Gate {
    #[apply]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {
    use cqrs_core::aggregate::Entity;

    assert!(Cart::SNAPSHOTS.is_none());
    assert!(Parcel::SNAPSHOTS.is_some());
}
