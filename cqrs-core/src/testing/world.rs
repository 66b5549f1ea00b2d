//! Streams with a past, in memory, and an app on them.

use std::collections::HashMap;

use futures_util::FutureExt;

use super::difference::shown;
use super::scenario::encoded;
use super::setting::Setting;
use crate::aggregate::{Aggregate, AggregateKey, IntoEvents};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::store::{Append, EventStore, MemoryEventStore, NewCommit};
use crate::version::Version;

/// What has happened before, and to which aggregate.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: MemoryEventStore,
    pub(crate) setting: Setting,
    pub(crate) commits: Vec<Commit>,
    versions: HashMap<StreamKey, Version>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryEventStore::new(),
            setting: Setting::new(),
            commits: Vec::new(),
            versions: HashMap::new(),
        }
    }

    /// Appends events, each as a commit of its own.
    #[track_caller]
    pub(crate) fn happen<K>(&mut self, key: &K, events: impl IntoEvents<K::Aggregate>)
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        for event in encoded::<K::Aggregate>(events) {
            self.append(key, vec![event]);
        }
    }

    /// Appends events as one commit.
    #[track_caller]
    pub(crate) fn happen_at_once<K>(&mut self, key: &K, events: impl IntoEvents<K::Aggregate>) -> Commit
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.append(key, encoded::<K::Aggregate>(events))
    }

    #[track_caller]
    fn append<K: AggregateKey>(&mut self, key: &K, events: Vec<crate::StoredEvent>) -> Commit {
        let stream = key.stream().unwrap_or_else(|error| panic!("{error}"));
        let version = self.versions.entry(stream.clone()).or_default();
        *version = version.next();
        let commit = Commit::new(stream, *version, events, self.setting.next());
        match NewCommit::of(&commit).and_then(|new| at_once(EventStore::append(&self.store, new))) {
            Ok(Append::Written) => {}
            Ok(Append::Taken(_)) => panic!("{} has version {} already", commit.stream, commit.version),
            Err(error) => panic!("this commit cannot be stored: {error}"),
        }
        self.commits.push(commit.clone());
        commit
    }

    /// What has happened, a line per event.
    pub(crate) fn told(&self) -> Vec<String> {
        let lines = self
            .commits
            .iter()
            .flat_map(|commit| commit.events.iter().map(|event| (commit.stream.sk(), event)));
        let told = |(index, (sk, event))| format!("{}. {sk} {}", index + 1, shown(event));
        let lines: Vec<String> = lines.enumerate().map(told).collect();
        if lines.is_empty() { vec!["no events".to_owned()] } else { lines }
    }
}

/// The result of work that waits for nothing: stores in memory answer at once. It does not use the runtime that the
/// test may run in, because the runtime's budget would make a lock wait.
#[track_caller]
pub(crate) fn at_once<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::task::unconstrained(work).now_or_never();
    done.expect("stores in memory answer at once")
}
