//! States that commits carry: a load needs only the last commits, and still is the fold of the whole stream.

use std::collections::HashMap;
use std::convert::Infallible;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::app::Stores;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::{
    Append, CommitKey, CommitPage, CommitScan, Extent, MemoryEventStore, NewCommit, record,
};
use cqrs_core::{EventStore, Outcome, StoreError, StreamKey};
use cqrs_dynamo::Dynamo;
use proptest::prelude::*;

use crate::fold::{first, other_fold};
use crate::ledger::{self, Book, Keep, apart, at, digest, every_4, every_10, every_100, stored};

fn app(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).only([]).build().unwrap()
}

/// Requests, write units and read units of what is done.
macro_rules! spent {
    ($dynamo:expr, $done:expr) => {{
        let before = $dynamo.cost();
        $done.await.unwrap();
        let spent = $dynamo.cost() - before;
        (spent.requests, spent.write_units, spent.read_units)
    }};
}

/// The versions of the commits that carry a state.
async fn carrying(store: &impl EventStore, key: &impl AggregateKey) -> Vec<u64> {
    let stream = key.stream().unwrap();
    let page = store.read_last(&stream, Version::NONE, Version::MAX, 10_000).await.unwrap();
    assert!(!page.more);
    page.states.iter().map(|state| state.version.get()).collect()
}

const FIRST: (u64, f64, f64) = (2, 1.0, 1.0);

#[tokio::test]
async fn a_cold_command_on_a_long_stream_costs_what_the_first_one_costs() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_100::key("1");
    // Every command in a process of its own, with ids of the length that they have by themselves.
    for version in 1..=130 {
        assert_eq!(spent!(dynamo, app(&dynamo).execute(&key, Book(vec![1]))), FIRST, "{version}");
    }
    // Then one process that continues to write, and colder ones in between.
    let warm = app(&dynamo);
    warm.execute(&key, Book(vec![1])).await.unwrap();
    for version in 132..=1000 {
        assert_eq!(spent!(dynamo, warm.execute(&key, Book(vec![1]))), (1, 1.0, 0.0), "{version}");
        if version % 29 == 0 {
            assert_eq!(spent!(dynamo, app(&dynamo).load(&key)), (1, 0.0, 1.0), "{version}");
        }
    }
    for _ in 0..5 {
        assert_eq!(spent!(dynamo, app(&dynamo).execute(&key, Book(vec![1]))), FIRST);
    }
    let loaded = app(&dynamo).load(&key).await.unwrap();
    assert_eq!((loaded.version.get(), loaded.state.booked), (1005, 1005));
    assert_eq!(stored(&dynamo.snapshots(), &key).await, None, "the snapshot store is not needed");
}

#[tokio::test]
async fn every_sixth_commit_carries_the_state_and_every_one_of_a_shorter_distance() {
    let store = MemoryEventStore::new();
    let app = App::builder(store.clone()).snapshots(MemorySnapshotStore::new()).only([]).build().unwrap();
    for _ in 0..26 {
        app.execute(&every_100::key("hundred"), Book(vec![1])).await.unwrap();
        app.execute(&every_4::key("four"), Book(vec![1])).await.unwrap();
        app.execute(&ledger::every_1::key("one"), Book(vec![1])).await.unwrap();
    }
    assert_eq!(carrying(&store, &every_100::key("hundred")).await, [6, 12, 18, 24]);
    assert_eq!(carrying(&store, &every_4::key("four")).await, [4, 8, 12, 16, 20, 24]);
    assert_eq!(carrying(&store, &ledger::every_1::key("one")).await, (1..=26).collect::<Vec<_>>());
}

/// A state of more than a write unit: a process that keeps it in memory lets a commit carry it as often as
/// `snapshot_every` says; a process that had to read many commits, at once.
#[tokio::test]
async fn a_state_that_costs_write_units_is_carried_less_often() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_10::key("1");
    let warm = app(&dynamo);
    warm.execute(&key, Keep(format!("k{}", "x".repeat(1500)))).await.unwrap();
    let mut units = Vec::new();
    for _ in 2..=30 {
        units.push(spent!(dynamo, warm.execute(&key, Book(vec![1]))).1);
    }
    assert_eq!(carrying(&dynamo.event_store(), &key).await, [10, 20, 30]);
    assert_eq!(units.iter().filter(|units| **units > 1.0).count(), 3, "{units:?}");
    for _ in 31..=37 {
        warm.execute(&key, Book(vec![1])).await.unwrap();
    }
    let cold = app(&dynamo);
    cold.execute(&key, Book(vec![1])).await.unwrap();
    assert_eq!(carrying(&dynamo.event_store(), &key).await, [10, 20, 30, 38]);
    assert_eq!(spent!(dynamo, app(&dynamo).load(&key)).0, 1);
    assert_eq!(stored(&dynamo.snapshots(), &key).await, None);
}

#[tokio::test]
async fn a_state_that_is_too_large_for_a_commit_goes_into_the_snapshot_store() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_10::key("1");
    let writer = app(&dynamo);
    for _ in 0..33 {
        writer.execute(&key, Keep(format!("k{}", "x".repeat(1500)))).await.unwrap();
    }
    let carried = carrying(&dynamo.event_store(), &key).await;
    assert!(carried.iter().all(|version| *version <= 10), "{carried:?}");
    assert_eq!(stored(&dynamo.snapshots(), &key).await.unwrap().version, Version::new(30));
    let full =
        App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new()).settings(apart).only([]);
    let full = full.build().unwrap().load(&key).await.unwrap();
    let reader = app(&dynamo);
    for requests in [3, 2, 2] {
        let before = dynamo.cost();
        assert_eq!(reader.load(&key).await.unwrap(), full);
        assert_eq!((dynamo.cost() - before).requests, requests, "from the second time on both at once");
    }
    // Another stream of the aggregate, whose state is small.
    let small = every_10::key("2");
    for _ in 0..8 {
        app(&dynamo).execute(&small, Book(vec![1])).await.unwrap();
    }
    assert_eq!(reader.load(&small).await.unwrap().state.booked, 8);
    assert_eq!(spent!(dynamo, reader.load(&small)).0, 1);
}

#[tokio::test]
async fn a_state_of_another_fold_is_ignored() {
    let store = MemoryEventStore::new();
    let app = || App::builder(store.clone()).snapshots(MemorySnapshotStore::new()).only([]).build().unwrap();
    // Two programs take turns at one stream; each carries its own state.
    for round in 1..=20 {
        let (old, new) = (app(), app());
        for _ in 0..3 {
            old.execute(&first::key("1"), Book(vec![1])).await.unwrap();
            assert_eq!(new.load(&other_fold::key("1")).await.unwrap().state.total % 2, 0);
        }
        for _ in 0..2 {
            new.execute(&other_fold::key("1"), Book(vec![1])).await.unwrap();
        }
        assert_eq!(app().load(&first::key("1")).await.unwrap().state.total, 5 * round);
        assert_eq!(app().load(&other_fold::key("1")).await.unwrap().state.total, 10 * round);
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_read_does_no_harm() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_100::key("1");
    let writer = app(&dynamo);
    for _ in 0..20 {
        writer.execute(&key, Book(vec![1])).await.unwrap();
    }
    let good = writer.load(&key).await.unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let map = |fields: &[(&str, AttributeValue)]| {
        AttributeValue::M(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let fingerprint = fingerprint_of(&dynamo, &key).await;
    let own = ("fingerprint", text(&fingerprint));
    let none = AttributeValue::Null(true);
    let spoilt = [
        text("text"),
        map(&[]),
        map(std::slice::from_ref(&own)),
        map(&[own.clone(), ("state", text("seven"))]),
        map(&[own.clone(), ("state", map(&[])), ("ids", text("?"))]),
        map(&[own.clone(), ("state", map(&[])), ("ids", text(&"A".repeat(800)))]),
        map(&[own.clone(), ("state", map(&[])), ("lastAt", text("yesterday"))]),
        map(&[own.clone(), ("state", map(&[])), ("lastAt", none.clone())]),
        map(&[("fingerprint", none)]),
        AttributeValue::Bs(vec![aws_sdk_dynamodb::primitives::Blob::new(*b"x")]),
    ];
    let stream = key.stream().unwrap();
    for spoilt in spoilt {
        dynamo
            .client()
            .update_item()
            .table_name("events")
            .key("pk", text(stream.pk()))
            .key("sk", text(&stream.commit_sk(Version::new(18))))
            .update_expression("SET #s = :s")
            .expression_attribute_names("#s", record::STATE)
            .expression_attribute_values(":s", spoilt.clone())
            .send()
            .await
            .unwrap();
        let reader = app(&dynamo);
        for _ in 0..2 {
            assert_eq!(reader.load(&key).await.unwrap(), good, "{spoilt:?}");
        }
        for version in [17, 18, 19, 20] {
            let loaded = reader.load_version(&key, Version::new(version)).await.unwrap();
            assert_eq!((loaded.version.get(), loaded.state.booked), (version, version), "{spoilt:?}");
        }
    }
}

async fn fingerprint_of(dynamo: &Dynamo, key: &impl AggregateKey) -> String {
    let stream = key.stream().unwrap();
    let page = dynamo.event_store().read_last(&stream, Version::NONE, Version::MAX, 100).await.unwrap();
    page.states[0].stored["fingerprint"].as_str().unwrap().to_owned()
}

/// Ids are recognised by two bytes of a hash, and then by the commit itself.
#[tokio::test]
async fn a_command_is_recognised_among_the_last_hundred() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let app = || App::builder(store.clone()).snapshots(snapshots.clone()).only([]).build().unwrap();
    let key = every_100::key("1");
    let send = async |app: &App, number: u64| {
        let done = app.execute(&key, Book(vec![1])).command_id(format!("c-{number}")).await.unwrap();
        (done.outcome, done.version.get())
    };
    // A new process each time: of two thousand new ids about three share their two bytes with one of the last hundred.
    for number in 1..=2000 {
        assert_eq!(send(&app(), number).await, (Outcome::Committed, number));
    }
    let reader = app();
    for number in (1901..=2000).rev() {
        assert_eq!(send(&app(), number).await, (Outcome::Duplicate, number));
        assert_eq!(send(&reader, number).await, (Outcome::Duplicate, number));
    }
    // Another command under an id that is taken.
    let taken = app().execute(&key, Book(vec![2])).command_id("c-1950").await.unwrap_err();
    assert!(
        matches!(taken, ExecuteError::CommandIdTaken { version, .. } if version.get() == 1950),
        "{taken:?}"
    );
    assert_eq!(send(&app(), 1).await, (Outcome::Committed, 2001), "it is forgotten");
    assert_eq!(reader.load(&key).await.unwrap().state.booked, 2001);
}

/// A `Book` or a `Keep`; in which of three processes, or in a new one; and whether the process keeps states apart.
#[derive(Debug, Clone)]
struct Sent {
    amount: Result<i64, u16>,
    process: Option<usize>,
    apart: bool,
}

fn sent() -> impl Strategy<Value = Sent> {
    let amounts = prop_oneof![
        8 => (-3..4i64).prop_map(Ok),
        1 => (0..1800u16).prop_map(Err),
    ];
    (amounts, prop::option::weighted(0.6, 0..3usize), prop::bool::weighted(0.2))
        .prop_map(|(amount, process, apart)| Sent { amount, process, apart })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whichever process writes, and however: every load, now and in the past, is the fold of the whole stream.
    #[test]
    fn a_load_is_the_fold_of_the_whole_stream(all in prop::collection::vec(sent(), 1..60)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(check(all));
    }
}

async fn check(all: Vec<Sent>) {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let build = |is_apart: bool| {
        let builder = App::builder(store.clone()).snapshots(snapshots.clone());
        builder
            .settings(|settings| {
                if is_apart {
                    apart(settings);
                }
            })
            .only([])
            .build()
            .unwrap()
    };
    let processes = [build(false), build(false), build(true)];
    let mut amounts: Vec<Vec<i64>> = Vec::new();
    let mut numbers: HashMap<u64, i64> = HashMap::new();
    for (number, sent) in (1..).zip(&all) {
        let app = sent.process.map_or_else(|| build(sent.apart), |process| processes[process].clone());
        let (key, id) = (every_10::key("1"), format!("c-{number}"));
        let done: Result<_, ExecuteError<Infallible>> = match sent.amount {
            Ok(amount) => app.execute(&key, Book(vec![amount])).command_id(&id).at(at(number)).await,
            Err(length) => {
                let text = format!("k{}", "x".repeat(usize::from(length)));
                app.execute(&key, Keep(text)).command_id(&id).at(at(number)).await
            }
        };
        assert_eq!((done.unwrap().version.get(), numbers.len()), (number, numbers.len()));
        amounts.push(sent.amount.into_iter().collect());
        numbers.insert(number, sent.amount.unwrap_or_default());
    }
    let bare = App::builder(store.clone()).snapshots(MemorySnapshotStore::new()).settings(apart).only([]);
    let bare = bare.build().unwrap();
    let key = every_10::key("1");
    let full = bare.load(&key).await.unwrap();
    assert_eq!(full.state.booked, digest(&amounts).1);
    for app in processes.iter().chain([&build(false), &build(true)]) {
        for _ in 0..2 {
            assert_eq!(app.load(&key).await.unwrap(), full);
        }
        for version in 0..=all.len() as u64 + 1 {
            let expected = bare.load_version(&key, Version::new(version)).await.unwrap();
            assert_eq!(app.load_version(&key, Version::new(version)).await.unwrap(), expected);
            let stranger = build(false).load_version(&key, Version::new(version)).await.unwrap();
            assert_eq!(stranger, expected);
            assert_eq!(app.load_as_of(&key, at(version)).await.unwrap(), expected, "as of {version}");
        }
        let last = format!("c-{}", all.len());
        let again = match all[all.len() - 1].amount {
            Ok(amount) => app.execute(&key, Book(vec![amount])).command_id(&last).await.unwrap(),
            Err(length) => {
                let text = format!("k{}", "x".repeat(usize::from(length)));
                app.execute(&key, Keep(text)).command_id(&last).await.unwrap()
            }
        };
        assert_eq!((again.outcome, again.version), (Outcome::Duplicate, full.version));
    }
}

/// A state that costs write units, and processes that know nothing: none of them reads more than the last commits.
#[tokio::test]
async fn cold_commands_keep_a_state_among_the_last_commits() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_100::key("1");
    app(&dynamo).execute(&key, Keep(format!("k{}", "x".repeat(1500)))).await.unwrap();
    for version in 2..=40 {
        let (requests, ..) = spent!(dynamo, app(&dynamo).execute(&key, Book(vec![1])));
        assert_eq!(requests, 2, "{version}");
    }
    assert_eq!(carrying(&dynamo.event_store(), &key).await, [6, 12, 18, 24, 30, 36]);
}

/// Processes that write in turns, each of which counts for itself: a load finds a state at most two distances back.
#[tokio::test]
async fn a_state_is_near_whoever_writes() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_10::key("1");
    let warm = [app(&dynamo), app(&dynamo), app(&dynamo)];
    warm[0].execute(&key, Keep(format!("k{}", "x".repeat(1500)))).await.unwrap();
    let mut seed = 7u64;
    for version in 2..=150u64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Some write for a while, and some only once.
        let turn = usize::try_from((seed >> 60) / 4 + version / 25).unwrap() % 4;
        let cold = app(&dynamo);
        warm.get(turn).unwrap_or(&cold).execute(&key, Book(vec![1])).await.unwrap();
        let (before, reader) = (dynamo.cost(), app(&dynamo));
        let loaded = reader.load(&key).await.unwrap();
        assert_eq!((loaded.version.get(), loaded.state.booked), (version, version - 1));
        let spent = dynamo.cost() - before;
        assert!(spent.read_units <= 6.0, "{spent:?} at {version}: it has read the whole stream");
        let then = Version::new(seed % version + 1);
        let (before, loaded) = (dynamo.cost(), reader.load_version(&key, then).await.unwrap());
        assert_eq!((loaded.version, loaded.state.booked), (then, then.get() - 1));
        let spent = dynamo.cost() - before;
        assert!(spent.read_units <= 6.0, "{spent:?} for {then} of {version}: it has read the whole stream");
    }
}

#[tokio::test]
async fn a_small_state_moves_from_the_snapshot_store_into_the_commits() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let build = || App::builder(store.clone()).snapshots(snapshots.clone()).only([]);
    let key = every_4::key("1");
    let before = build().settings(apart).build().unwrap();
    for _ in 0..22 {
        before.execute(&key, Book(vec![1])).await.unwrap();
    }
    assert_eq!(carrying(&store, &key).await, [0; 0]);
    for version in 23..=30 {
        let now = build().build().unwrap();
        assert_eq!(now.execute(&key, Book(vec![1])).await.unwrap().version.get(), version);
        assert_eq!(now.load(&key).await.unwrap().state.booked, version);
    }
    assert_eq!(carrying(&store, &key).await, [24, 28]);
    assert_eq!(stored(&snapshots, &key).await.unwrap().version, Version::new(20));
    // With the setting off, it is read as it was before.
    before.execute(&key, Book(vec![1])).await.unwrap();
    assert_eq!(build().settings(apart).build().unwrap().load(&key).await.unwrap().state.booked, 31);
}

/// An earlier release does not know digests, and would execute a command again whose id it does not find.
#[tokio::test]
async fn a_snapshot_with_digests_is_none_for_an_earlier_release() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let app = || App::builder(store.clone()).snapshots(snapshots.clone()).only([]).build().unwrap();
    let key = every_10::key("1");
    for number in 1..=94 {
        app().execute(&key, Book(vec![1])).command_id(format!("c-{number}")).await.unwrap();
    }
    let last = app();
    for number in 95..=100 {
        let text = format!("k{}", "x".repeat(5000));
        last.execute(&key, Keep(text)).command_id(format!("c-{number}")).await.unwrap();
    }
    let snapshot = stored(&snapshots, &key).await.unwrap();
    assert_eq!(snapshot.version, Version::new(100));
    assert!(snapshot.fingerprint.ends_with('+'), "{}", snapshot.fingerprint);
    for number in [1, 50, 93, 94, 99] {
        let done = match number {
            99 => {
                let text = format!("k{}", "x".repeat(5000));
                app().execute(&key, Keep(text)).command_id("c-99").await.unwrap()
            }
            _ => app().execute(&key, Book(vec![1])).command_id(format!("c-{number}")).await.unwrap(),
        };
        assert_eq!((done.outcome, done.version.get()), (Outcome::Duplicate, number));
    }
    assert_eq!(app().load(&key).await.unwrap().state.booked, 94);
}

/// A store whose items have less room than those of DynamoDB.
struct Narrow(MemoryEventStore);

impl EventStore for Narrow {
    async fn append(&self, new: NewCommit<'_>) -> Result<Append, StoreError> {
        match new.record.contains_key(record::STATE) {
            true => Err(StoreError::TooLarge { bytes: 1001, limit: 1000 }),
            false => self.0.append(new).await,
        }
    }
    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.0.read(stream, after, until).await
    }
    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.0.scan(extent, after).await
    }
    fn keeps_states(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_commit_is_stored_where_there_is_no_room_for_the_state() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let narrow = Stores::new(Narrow(store.clone()), store.delivery());
    let app = App::builder(narrow).snapshots(snapshots.clone()).only([]).build().unwrap();
    let key = every_10::key("1");
    for version in 1..=25 {
        let done = app.execute(&key, Book(vec![1])).await.unwrap();
        assert_eq!((done.outcome, done.version.get()), (Outcome::Committed, version));
    }
    assert_eq!(carrying(&store, &key).await, [0; 0]);
    assert_eq!(stored(&snapshots, &key).await.unwrap().version, Version::new(20));
    assert_eq!(app.load(&key).await.unwrap().state.booked, 25);
}

/// A page of the store has a megabyte, which is three of these commits.
#[tokio::test]
async fn a_state_is_found_behind_the_pages_of_large_commits() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_10::key("1");
    let writer = app(&dynamo);
    for _ in 0..39 {
        writer.execute(&key, Keep("x".repeat(390_800))).await.unwrap();
    }
    assert_eq!(carrying_of_all(&dynamo.event_store(), &key).await.last(), Some(&30));
    let full =
        App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new()).settings(apart).only([]);
    let full = full.build().unwrap().load(&key).await.unwrap();
    let reader = app(&dynamo);
    for _ in 0..2 {
        let before = dynamo.cost();
        assert_eq!(reader.load(&key).await.unwrap(), full);
        let requests = (dynamo.cost() - before).requests;
        assert!(requests <= 6, "{requests}: the whole stream is thirteen pages");
    }
}

/// Commits at round versions carry the state even if the writer has counted from elsewhere, because others rely on it.
#[tokio::test]
async fn round_versions_are_the_same_for_all_writers() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_10::key("1");
    // What these ten leave is of no use to the others.
    let silent =
        App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new()).settings(apart).only([]);
    let silent = silent.build().unwrap();
    silent.execute(&key, Keep(format!("k{}", "x".repeat(1500)))).await.unwrap();
    for _ in 2..=10 {
        silent.execute(&key, Book(vec![1])).await.unwrap();
    }
    let (first, second) = (app(&dynamo), app(&dynamo));
    first.execute(&key, Book(vec![1])).await.unwrap();
    second.execute(&key, Book(vec![1])).await.unwrap();
    for _ in 13..=20 {
        first.execute(&key, Book(vec![1])).await.unwrap();
    }
    for _ in 21..=29 {
        second.execute(&key, Book(vec![1])).await.unwrap();
    }
    assert_eq!(carrying(&dynamo.event_store(), &key).await, [11, 20]);
    let (requests, ..) = spent!(dynamo, app(&dynamo).load(&key));
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn where_states_in_commits_are_off_none_is_read() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let key = every_4::key("1");
    let writer = app(&dynamo);
    for _ in 0..30 {
        writer.execute(&key, Book(vec![1])).await.unwrap();
    }
    let off = App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).settings(apart).only([]);
    let off = off.build().unwrap();
    assert_eq!(spent!(dynamo, app(&dynamo).load(&key)).0, 1);
    assert_eq!(spent!(dynamo, off.load(&key)).0, 3, "the snapshot store, the last four, and all the others");
    assert_eq!(off.load(&key).await.unwrap().state.booked, 30);
}

/// Page by page.
async fn carrying_of_all(store: &impl EventStore, key: &impl AggregateKey) -> Vec<u64> {
    let (stream, mut until, mut found) = (key.stream().unwrap(), Version::MAX, Vec::new());
    loop {
        let page = store.read_last(&stream, Version::NONE, until, 10_000).await.unwrap();
        let Some(first) = page.commits.first() else { break };
        until = Version::new(first.version.get() - 1);
        found.extend(page.states.iter().map(|state| state.version.get()));
    }
    found.sort_unstable();
    found
}

/// A time that was given with `.at(…)` does not bind later commits, but a time from a clock does, whichever process
/// reads them.
#[tokio::test]
async fn times_come_back_with_the_state() {
    let store = MemoryEventStore::new();
    let app = || App::builder(store.clone()).snapshots(MemorySnapshotStore::new()).only([]).build().unwrap();
    let key = ledger::every_1::key("1");
    let ahead = Timestamp::now() + std::time::Duration::from_hours(3);
    app().execute(&key, Book(vec![1])).at(ahead).await.unwrap();
    let now = app().execute(&key, Book(vec![1])).await.unwrap();
    assert!(now.metadata.created_at < ahead, "an import binds nothing");
    let then = app().load_as_of(&key, now.metadata.created_at).await.unwrap();
    assert_eq!(then.version, Version::new(2));
    let early = app().execute(&key, Book(vec![1])).at(at(1)).await.unwrap();
    let later = app().execute(&key, Book(vec![1])).await.unwrap();
    assert!(later.metadata.created_at >= now.metadata.created_at);
    assert_eq!(later.version, early.version.next());
}
