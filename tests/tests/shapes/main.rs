//! Random values of many shapes: every process sees what the one that decided saw, in whichever way the value came.

mod data;
mod sample;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use cqrs_core::delivery::{Body, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::snapshot::{MemorySnapshotStore, SnapshotStore};
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::{MemoryViewStore, ViewStore};
use cqrs_core::{EventStore, ExecuteError};
use cqrs_dynamo::Dynamo;
use fastrand::Rng;
use futures_util::TryStreamExt;

use world::{Ask, Draw, SHAPES, Seen, Tell, World, WorldKey, text};

/// How many values of each shape there are, ten to a commit.
const VALUES: usize = 110;
const IN_A_COMMIT: usize = 10;

fn key(shape: &str) -> WorldKey {
    WorldKey::new(&Tenant::new("T").unwrap(), shape)
}

/// A process with stores in common with others, and nothing in memory.
fn process<S: cqrs_core::app::IntoStores + EventStore + Clone, N: SnapshotStore + Clone>(
    store: &S,
    views: &(impl ViewStore + Clone),
    snapshots: &N,
) -> App {
    let builder = App::builder(store.clone()).views(views.clone()).snapshots(snapshots.clone());
    builder.only(["Seen"]).build().unwrap()
}

/// What the process remembers of a stream.
async fn remembered(app: &App, key: &WorldKey) -> String {
    match app.execute(key, Ask).await {
        Err(ExecuteError::Rejected(state)) => state,
        other => panic!("{other:?}"),
    }
}

/// Draws the same each time, and returns it once.
fn tell(shape: Draw, seed: u64, count: usize) -> Tell {
    Tell(Arc::new(move || {
        let mut rng = Rng::with_seed(seed);
        (0..count).map(|_| shape(&mut rng)).collect()
    }))
}

/// Stores values of one shape; returns what the answers hold, and how many were refused.
async fn told(app: &App, shape: &str, draw: Draw, seed: u64) -> (Vec<String>, usize) {
    let (mut seen, mut refused) = (Vec::new(), 0);
    let key = key(shape);
    for batch in 0..(VALUES / IN_A_COMMIT) as u64 {
        let seed = seed ^ batch << 32;
        match app.execute(&key, tell(draw, seed, IN_A_COMMIT)).await {
            Ok(done) => seen.extend(done.events.iter().map(text)),
            Err(ExecuteError::Store { .. }) => {
                // One of them cannot be stored: the others can.
                for one in 0..IN_A_COMMIT as u64 {
                    match app.execute(&key, tell(draw, seed ^ (one + 1) << 48, 1)).await {
                        Ok(done) => seen.extend(done.events.iter().map(text)),
                        Err(ExecuteError::Store { .. }) => refused += 1,
                        Err(error) => panic!("{shape}: {error:?}"),
                    }
                }
            }
            Err(error) => panic!("{shape}: {error:?}"),
        }
    }
    (seen, refused)
}

/// Everything that others see: the events, the state, with and without a snapshot, and the view behind a queue.
struct Others {
    events: Vec<String>,
    state: World,
    view: Seen,
}

async fn others<S: cqrs_core::app::IntoStores + EventStore + Clone, N: SnapshotStore + Clone>(
    store: &S,
    snapshots: &N,
    shape: &str,
) -> Others {
    let key = key(shape);
    let views = MemoryViewStore::new();
    let cold = process(store, &views, &MemorySnapshotStore::new());
    let snapped = process(store, &views, snapshots);
    let history: Vec<_> = cold.history(&key).try_collect().await.unwrap();
    let state = cold.load(&key).await.unwrap().state;
    assert_eq!(
        remembered(&snapped, &key).await,
        format!("{state:?}"),
        "{shape}: a snapshot is the fold of the store"
    );
    let page = store.read(&key.stream().unwrap(), Version::NONE, Version::MAX).await.unwrap();
    let mut bodies = Vec::new();
    for commit in &page.commits {
        let body = Message::of(&cold, commit).body;
        assert_eq!(Body::parse(&body).unwrap(), Body::Commit(commit.clone()), "{shape}: {body}");
        bodies.push(Received::new(body));
    }
    for body in bodies {
        let verdicts = cold.consumer("Seen").unwrap().take(std::slice::from_ref(&body)).await;
        assert!(matches!(verdicts[..], [Verdict::Done]), "{shape}: {verdicts:?} of {}", body.body);
    }
    let view = cold.view::<Seen>(&key).await.unwrap().unwrap();
    let events = history.iter().map(|recorded| text(recorded)).collect();
    Others { events, state, view }
}

/// Values of all shapes, in one pair of stores.
async fn check<S, V, N>(
    store: S,
    views: V,
    snapshots: N,
    shapes: &[(&str, Draw)],
) -> BTreeMap<String, (Vec<String>, String)>
where
    S: cqrs_core::app::IntoStores + EventStore + Clone,
    V: ViewStore + Clone,
    N: SnapshotStore + Clone,
{
    let decider = process(&store, &views, &snapshots);
    let mut all = BTreeMap::new();
    for (number, (shape, draw)) in shapes.iter().enumerate() {
        let (seen, refused) = told(&decider, shape, *draw, 0x5EED + number as u64).await;
        assert!(refused * 2 < VALUES, "{shape}: {refused} were refused");
        let key = key(shape);
        let warm = remembered(&decider, &key).await;
        let others = others(&store, &snapshots, shape).await;
        assert_eq!(seen, others.events, "{shape}: the answer is what is stored");
        assert_eq!(
            warm,
            format!("{:?}", others.state),
            "{shape}: what is remembered is the fold of the store"
        );
        let viewed = format!("{:?}", others.view);
        all.insert((*shape).to_owned(), (seen, viewed));
    }
    decider.run_until_idle().await.unwrap();
    assert_eq!(decider.dead_letters().list().await.unwrap(), []);
    let fresh = process(&store, &views, &snapshots);
    for (shape, (_, viewed)) in &all {
        for app in [&decider, &fresh] {
            let view = app.view::<Seen>(&key(shape)).await.unwrap().unwrap();
            assert_eq!(&format!("{view:?}"), viewed, "{shape}: the view is the one behind a queue");
        }
    }
    all
}

#[tokio::test]
async fn every_process_sees_what_the_decider_saw() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let embedded = check(dynamo.event_store(), dynamo.views(), dynamo.snapshots(), SHAPES).await;
    let memory =
        check(MemoryEventStore::new(), MemoryViewStore::new(), MemorySnapshotStore::new(), SHAPES).await;
    let mut values = 0;
    for (shape, in_memory) in memory {
        assert_eq!(in_memory, embedded[&shape], "{shape}: all stores are alike");
        values += in_memory.0.len();
    }
    assert!(values >= 10_000, "only {values}");
}
