//! From the events table's stream to SNS, on the embedded DynamoDB with moto's SNS and SQS, and on MiniStack.

mod altered;
mod catch_up;
mod leases;
mod ministack;
mod publishing;
mod records;
mod requests;
mod shards;
mod sizes;
mod topic;
mod tree;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::Commit;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Open, deposit};
use cqrs_tests::commits;
use serde_json::json;

/// A database with its tables, and an app that executes commands on it.
async fn database() -> (Embedded, Dynamo, App) {
    let database = Embedded::in_memory().unwrap();
    let dynamo = Dynamo::from_conf(&database.sdk_config());
    dynamo.create_tables().await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    (database, dynamo, app)
}

/// Makes this number of commits on each account, in turns.
async fn deposits(app: &App, accounts: &[&str], commits: u64) {
    for version in 1..=commits {
        for account in accounts {
            let key = bank::account(account);
            if version == 1 && app.load(&key).await.unwrap().version.is_none() {
                app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
            } else {
                app.execute(&key, deposit(version)).await.unwrap();
            }
        }
    }
}

/// Appends commits of one stream as they come from another time.
async fn append_at(dynamo: &Dynamo, id: &str, versions: std::ops::RangeInclusive<u64>, at: Timestamp) {
    for version in versions {
        let mut commit = commits::commit(&commits::stream(id), version, json!({ "id": id }));
        Arc::make_mut(&mut commit.metadata).created_at = at;
        append(dynamo, &commit).await;
    }
}

async fn append(dynamo: &Dynamo, commit: &Commit) {
    cqrs_tests::commits::append(&dynamo.event_store(), commit).await.unwrap();
}

/// The items of one partition of the delivery table.
async fn items(dynamo: &Dynamo, pk: &str) -> Vec<HashMap<String, AttributeValue>> {
    let query = dynamo
        .client()
        .query()
        .table_name(&dynamo.tables().delivery)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
        .consistent_read(true);
    query.send().await.unwrap().items.unwrap_or_default()
}

/// How many leases each relay holds.
async fn owners(dynamo: &Dynamo) -> BTreeMap<String, usize> {
    let mut owners = BTreeMap::new();
    for item in items(dynamo, "RELAY#default").await {
        if let Some(AttributeValue::S(owner)) = item.get("owner") {
            *owners.entry(owner.clone()).or_default() += 1;
        }
    }
    owners
}

/// Waits until something is true.
async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Debug, Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(Timestamp::now().unix_millis())))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::SeqCst))
    }

    fn forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn read(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }

    /// How much time has passed, by this clock.
    fn passed(&self) -> impl Fn() -> Duration + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now().since(Timestamp::from_unix_millis(0))
    }
}
