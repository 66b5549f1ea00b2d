//! One suite of promises, against every store: in memory, on the embedded DynamoDB in memory and in a file, behind a
//! loopback port with the SDK's own HTTP stack in the path, amid transactions, and on MiniStack.

use std::collections::HashSet;
use std::sync::Mutex;

use cqrs_core::app::IntoStores;
use cqrs_core::conformance::Candidate;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::{Dynamo, Embedded, Tables};
use cqrs_tests::emulator::Emulator;
use cqrs_tests::faults::{Call, Fault, Faults};
use cqrs_tests::loopback::Loopback;
use serde_json::Value;

/// Runs every promise against the stores of one backend.
macro_rules! conformance {
    ($backend:ident, $open:expr) => {
        mod $backend {
            use super::*;

            cqrs_core::conformance!($open => events, transactions, reservations, timers, feed, delivery, views, snapshots);
        }
    };
}

conformance!(memory, async {
    let stores = MemoryEventStore::new().into_stores();
    stores.views(MemoryViewStore::new()).snapshots(MemorySnapshotStore::new())
});

conformance!(embedded, async { Dynamo::embedded_in_memory().await.unwrap() });

conformance!(file, async {
    let folder = tempfile::tempdir().unwrap();
    let dynamo = Dynamo::embedded(folder.path().join("test.db")).await.unwrap();
    Candidate::new(dynamo).keep(folder)
});

conformance!(loopback, async { Loopback::start().await.dynamo().await });

// Other names of the tables lead to other tables.
conformance!(prefixed, async {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap().with_tables(Tables::with_prefix("shop-test-"));
    dynamo.create_tables().await.unwrap();
    dynamo
});

// Every write under a condition meets a transaction, and is sent again.
conformance!(contended, async {
    let database = Embedded::in_memory().unwrap();
    let seen = Mutex::new(HashSet::new());
    let plan = move |call: &Call| {
        if !call.body.contains("\"ConditionExpression\"") {
            return Fault::None;
        }
        // What is sent again may have its fields in another order, and a transaction has another token.
        let mut body: Value = serde_json::from_str(&call.body).unwrap();
        body["ClientRequestToken"].take();
        body.sort_all_objects();
        match seen.lock().unwrap().insert(body.to_string()) {
            true => Fault::Answer(400, "TransactionConflictException"),
            false => Fault::None,
        }
    };
    let dynamo = Faults::new(&database, plan).dynamo_without_retries();
    dynamo.create_tables().await.unwrap();
    Candidate::new(dynamo).keep(database)
});

conformance!(ministack, async { Emulator::ministack().dynamo().await });
