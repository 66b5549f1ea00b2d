//! What is ignored is logged: where it is, and why.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use cqrs_core::prelude::*;
use cqrs_core::snapshot::{MemorySnapshotStore, SnapshotStore};
use cqrs_core::store::MemoryEventStore;
use cqrs_tests::faults::{Fault, Faults, database};
use cqrs_tests::listening::listen;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::ledger::every_4::key;
use crate::ledger::{Book, Keep, apart, stored};

/// The warnings of this thread, as `name=value` for each field.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("cqrs_core")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

fn says(warnings: &[String], parts: &[&str]) {
    let [warning] = warnings else { panic!("one warning: {warnings:?}") };
    for part in parts {
        assert!(warning.contains(part), "`{part}` is not in `{warning}`");
    }
}

const PLACE: [&str; 3] = ["pk=\"BANK#LEDGER\"", "sk=\"LEDGER#1\"", "aggregate=\"Ledger\""];

#[tokio::test]
async fn a_snapshot_that_is_too_large_is_said_once() {
    let warnings = Warnings::default();
    let _guard = listen(warnings.clone());
    let app =
        App::builder(MemoryEventStore::new()).snapshots(MemorySnapshotStore::new()).settings(apart).only([]);
    let app = app.build().unwrap();
    for _ in 0..16 {
        app.execute(&key("1"), Keep(format!("k{}", "x".repeat(110_000)))).await.unwrap();
    }
    let warnings = warnings.take();
    says(&warnings, &PLACE);
    says(&warnings, &["the store takes at most 409600", "the snapshot is not written"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_snapshot_is_said() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let app = |snapshots: &MemorySnapshotStore| {
        App::builder(store.clone()).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap()
    };
    for _ in 0..9 {
        app(&snapshots).execute(&key("1"), Book(vec![1])).await.unwrap();
    }
    let good = stored(&snapshots, &key("1")).await.unwrap();
    let warnings = Warnings::default();
    let _guard = listen(warnings.clone());

    app(&snapshots).load(&key("1")).await.unwrap();
    // It is too late for this one, which is no fault of it.
    app(&snapshots).load_version(&key("1"), Version::new(5)).await.unwrap();
    assert_eq!(warnings.take(), [""; 0]);

    let broken = MemorySnapshotStore::new();
    let mut snapshot = good.clone();
    snapshot.state["digest"] = "seven".into();
    broken.put(&snapshot).await.unwrap();
    app(&broken).load(&key("1")).await.unwrap();
    let said = warnings.take();
    says(&said, &PLACE);
    says(&said, &["cannot be decoded", "invalid type: string …, expected u64"]);

    let foreign = MemorySnapshotStore::new();
    let mut snapshot = good.clone();
    snapshot.command_ids = vec!["another".to_owned()];
    foreign.put(&snapshot).await.unwrap();
    app(&foreign).load(&key("1")).await.unwrap();
    let said = warnings.take();
    says(&said, &PLACE);
    says(&said, &["does not belong to the stream", "version=8"]);

    // Of another program: that is as it should be.
    let other = MemorySnapshotStore::new();
    let mut snapshot = good;
    snapshot.fingerprint = "0000000000000000".to_owned();
    other.put(&snapshot).await.unwrap();
    app(&other).load(&key("1")).await.unwrap();
    assert_eq!(warnings.take(), [""; 0]);
}

#[tokio::test]
async fn a_store_that_is_down_is_said() {
    let (database, _dynamo) = database().await;
    let faults = Faults::new(&database, |call| {
        if call.is_for("snapshots") { Fault::Answer(400, "AccessDeniedException") } else { Fault::None }
    });
    let dynamo = faults.dynamo();
    let app = App::builder(dynamo.event_store())
        .snapshots(dynamo.snapshots())
        .settings(apart)
        .only([])
        .build()
        .unwrap();
    let warnings = Warnings::default();
    let _guard = listen(warnings.clone());
    app.load(&key("1")).await.unwrap();
    says(&warnings.take(), &["the snapshot cannot be read", "the store denies this request"]);
    for _ in 0..4 {
        app.execute(&key("2"), Book(vec![1])).await.unwrap();
    }
    let said = warnings.take();
    assert_eq!(said.len(), 2, "the first command loads, the fourth writes: {said:?}");
    assert!(said[1].contains("the snapshot is not written"), "{said:?}");
}
