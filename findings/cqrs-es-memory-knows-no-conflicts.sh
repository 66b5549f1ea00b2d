#!/usr/bin/env bash
# The memory store of cqrs-es 0.5.0 knows no conflicts: of two commands at once it stores both, with one number.
#
# An event store refuses to append to a stream that has changed since it was read; the stores of cqrs-es for databases do so with
# `AggregateConflict`. `MemStore`, for development and tests, has the number of the last event that was read, and only counts on from it.
# Two commands on one aggregate that overlap both succeed, and their events have the same number. What the first one decided is not seen
# by the second. So a test of such a race, and of a retry after a conflict, tells what no database does.
#
# Guessed before it was run: the second commit is a conflict, and one event is stored.
# Output seen (lines that the store prints itself are left out):
#   commit of ann: done
#   commit of bob: done
#   stored: 1 ann
#   stored: 1 bob
#   guests: ann bob
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "memory"
version = "0.0.0"
edition = "2021"

[dependencies]
cqrs-es = "=0.5.0"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
thiserror = "2"
tokio = { version = "1.48", features = ["macros", "rt"] }
TOML
cat > "$folder/src/main.rs" <<'RUST'
use std::collections::HashMap;

use cqrs_es::event_sink::EventSink;
use cqrs_es::mem_store::MemStore;
use cqrs_es::{Aggregate, AggregateContext, DomainEvent, EventStore};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Seat {
    guests: Vec<String>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Taken(String);
#[derive(Debug, thiserror::Error)]
#[error("taken")]
struct Refused;

impl DomainEvent for Taken {
    fn event_type(&self) -> String {
        "Taken".into()
    }
    fn event_version(&self) -> String {
        "1.0".into()
    }
}
impl Aggregate for Seat {
    const TYPE: &'static str = "seat";
    type Command = String;
    type Event = Taken;
    type Error = Refused;
    type Services = ();
    async fn handle(&mut self, guest: String, _: &(), sink: &EventSink<Self>) -> Result<(), Refused> {
        if !self.guests.is_empty() {
            return Err(Refused);
        }
        sink.write(Taken(guest), self).await;
        Ok(())
    }
    fn apply(&mut self, Taken(guest): Taken) {
        self.guests.push(guest);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let store = MemStore::<Seat>::default();
    let mut loaded = vec![];
    for guest in ["ann", "bob"] {
        loaded.push((guest, store.load_aggregate("1").await.unwrap()));
    }
    for (guest, mut context) in loaded {
        let sink = EventSink::default();
        context.aggregate().handle(guest.into(), &(), &sink).await.unwrap();
        let outcome = store.commit(sink.collect().await, context, HashMap::new()).await;
        println!("commit of {guest}: {}", if outcome.is_ok() { "done" } else { "conflict" });
    }
    for event in store.load_events("1").await.unwrap() {
        println!("stored: {} {}", event.sequence, event.payload.0);
    }
    println!("guests: {}", store.load_aggregate("1").await.unwrap().aggregate().guests.join(" "));
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | grep -vE '^(loading|storing): ' | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
commit of ann: done
commit of bob: done
stored: 1 ann
stored: 1 bob
guests: ann bob
EXPECTED
