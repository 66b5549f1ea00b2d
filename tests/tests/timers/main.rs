//! Timers on DynamoDB, in a program that asks for them.

mod cost;
mod faults;
mod sweeping;
mod tables;
mod template;

use cqrs_core::conformance::timers::TIMERS;
use cqrs_core::store::{AppendAll, EventStore, NewCommit, NewCommits, Timer, TimerId};
use cqrs_core::{Commit, Metadata, StoreError, StoredEvent};
use cqrs_dynamo::DynamoEventStore;
use cqrs_tests::commits::{at, commit, stream};
use serde_json::json;

cqrs_core::__private::inventory::submit!(TIMERS);

/// A command that is due at a time.
fn timer(due: u64) -> Timer {
    let command = StoredEvent::new("Release", 1, json!({ "why": "late" }));
    let id = TimerId::new(at(due), &format!("timer {due}"));
    Timer::new(id, stream("1"), "ORDER", command, Metadata::new("release", at(0)))
}

fn order(id: &str) -> Commit {
    commit(&stream(id), 1, json!({}))
}

/// Changes without commits.
fn none() -> NewCommits<'static> {
    NewCommits::new(Vec::new())
}

async fn append(
    store: &DynamoEventStore,
    commit: &Commit,
    changes: NewCommits<'static>,
) -> Result<AppendAll, StoreError> {
    let mut new: NewCommits<'_> = changes;
    new.commits.push(NewCommit::of(commit)?);
    store.append_all(new).await
}

async fn set(store: &DynamoEventStore, timer: &Timer) {
    assert_eq!(store.append_all(none().setting(timer.clone())).await.unwrap(), AppendAll::Written);
}

/// How many are due in all partitions.
async fn due(store: &DynamoEventStore, until: u64) -> usize {
    let mut found = 0;
    for shard in 0..cqrs_core::store::TIMER_SHARDS {
        let page = store.timers(&TimerId::partition(shard), at(until), None).await.unwrap();
        assert!(!page.more);
        found += page.timers.len();
    }
    found
}
