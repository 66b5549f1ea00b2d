//! The contracts of an app: external validators accept them, and accept what serde writes.

mod asyncapi;
#[path = "../shapes/data.rs"]
mod data;
mod document;
mod house;
mod reader;
#[path = "../shapes/sample.rs"]
mod sample;
mod typescript;
#[expect(dead_code, reason = "another test shows its values as text")]
#[path = "../shapes/world.rs"]
mod world;

use std::path::Path;
use std::process::Command;

use cqrs_core::Aggregate;
use cqrs_core::contract::Contracts;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use fastrand::Rng;
use serde_json::Value;

fn app(store: MemoryEventStore) -> App {
    let builder = App::builder(store).views(MemoryViewStore::new()).snapshots(MemorySnapshotStore::new());
    builder.build().unwrap()
}

fn contracts() -> Contracts {
    app(MemoryEventStore::new()).contracts()
}

/// The data of drawn events, as they are stored: the name of each, and values of it.
fn samples(of_each: usize) -> Vec<(String, Vec<Value>)> {
    let mut rng = Rng::with_seed(0x5EED);
    let mut all = Vec::new();
    for (name, draw) in world::SHAPES {
        let mut values = Vec::new();
        while values.len() < of_each {
            // Values that JSON cannot hold are not stored.
            values.extend(world::World::encode(&draw(&mut rng)).ok().map(|event| event.data));
        }
        all.push((name.to_uppercase(), values));
    }
    all
}

/// `scripts/contracts/check`.
#[track_caller]
fn check(what: &str, files: &[&Path]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/contracts/check");
    let checked = Command::new(&script).arg(what).args(files).output();
    let checked = checked.unwrap_or_else(|error| panic!("{} cannot be run: {error}", script.display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
    text(&checked.stdout)
}
