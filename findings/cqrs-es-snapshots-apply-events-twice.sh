#!/usr/bin/env bash
# cqrs-es 0.5.0 applies each event twice to the aggregate that it keeps in a snapshot.
#
# A command's handler gets the aggregate as `&mut self`, and tells an event with `sink.write(event, self)`, which applies the event at once.
# `PersistedEventStore` then takes that same aggregate, applies the events of the command to it once more, and gives the outcome to the
# repository as the snapshot. With `new_aggregate_store` each sum is the double. With `new_snapshot_store` each snapshot has the events of
# the command that made it once too often, and the errors add up. The stored events are right, and `new_event_store` reads them rightly.
# Nothing fails. The repository here is in memory, and keeps the number of the last event with a snapshot, as those for databases do.
#
# Guessed before it was run: 1, 11 and 111 cents from all three, since a snapshot only saves time.
# Output seen:
#   events alone: 1, 11, 111; events 1 10 100
#   snapshot every 2 events: 1, 21, 121; events 1 10 100
#   aggregate store: 2, 22, 222; events 1 10 100
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "snapshots"
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
use std::sync::{Arc, Mutex};

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{
    PersistedEventRepository, PersistedEventStore, PersistenceError, ReplayStream, SerializedEvent, SerializedSnapshot,
};
use cqrs_es::{Aggregate, AggregateContext, CqrsFramework, DomainEvent, EventStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    cents: u32,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Paid(u32);
#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Refused;

impl DomainEvent for Paid {
    fn event_type(&self) -> String {
        "Paid".into()
    }
    fn event_version(&self) -> String {
        "1.0".into()
    }
}
impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = u32;
    type Event = Paid;
    type Error = Refused;
    type Services = ();
    async fn handle(&mut self, cents: u32, _: &(), sink: &EventSink<Self>) -> Result<(), Refused> {
        sink.write(Paid(cents), self).await;
        Ok(())
    }
    fn apply(&mut self, Paid(cents): Paid) {
        self.cents += cents;
    }
}

#[derive(Clone, Default)]
struct Repository(Arc<Mutex<(Vec<SerializedEvent>, Option<(Value, usize, usize)>)>>);
impl PersistedEventRepository for Repository {
    async fn get_events<A: Aggregate>(&self, _: &str) -> Result<Vec<SerializedEvent>, PersistenceError> {
        Ok(self.0.lock().unwrap().0.clone())
    }
    async fn get_last_events<A: Aggregate>(&self, _: &str, last: usize) -> Result<Vec<SerializedEvent>, PersistenceError> {
        Ok(self.0.lock().unwrap().0.iter().filter(|event| event.sequence > last).cloned().collect())
    }
    async fn get_snapshot<A: Aggregate>(&self, id: &str) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Ok(self.0.lock().unwrap().1.clone().map(|(aggregate, current_sequence, current_snapshot)| SerializedSnapshot {
            aggregate_id: id.into(),
            aggregate,
            current_sequence,
            current_snapshot,
        }))
    }
    async fn persist<A: Aggregate>(
        &self,
        events: &[SerializedEvent],
        snapshot: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        let mut stored = self.0.lock().unwrap();
        stored.0.extend_from_slice(events);
        if let Some((_, aggregate, number)) = snapshot {
            stored.1 = Some((aggregate, stored.0.last().unwrap().sequence, number));
        }
        Ok(())
    }
    async fn stream_events<A: Aggregate>(&self, _: &str) -> Result<ReplayStream, PersistenceError> {
        unimplemented!()
    }
    async fn stream_all_events<A: Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        unimplemented!()
    }
}

async fn paid(name: &str, make: fn(Repository) -> PersistedEventStore<Repository, Account>) {
    let repository = Repository::default();
    let accounts = CqrsFramework::new(make(repository.clone()), vec![], ());
    let mut seen = vec![];
    for cents in [1, 10, 100] {
        accounts.execute("a", cents).await.unwrap();
        let mut context = make(repository.clone()).load_aggregate("a").await.unwrap();
        seen.push(context.aggregate().cents.to_string());
    }
    let events = repository.0.lock().unwrap().0.iter().map(|event| event.payload.to_string()).collect::<Vec<_>>();
    println!("{name}: {}; events {}", seen.join(", "), events.join(" "));
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    paid("events alone", PersistedEventStore::new_event_store).await;
    paid("snapshot every 2 events", |repository| PersistedEventStore::new_snapshot_store(repository, 2)).await;
    paid("aggregate store", PersistedEventStore::new_aggregate_store).await;
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
events alone: 1, 11, 111; events 1 10 100
snapshot every 2 events: 1, 21, 121; events 1 10 100
aggregate store: 2, 22, 222; events 1 10 100
EXPECTED
