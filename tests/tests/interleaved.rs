//! Views across aggregates are written ahead of their fences. Several workers deliver to the same view in all orders of
//! their requests, and crash before any of them: each commit is in the view once.

mod interleaved {
    pub(crate) mod gated;
    pub(crate) mod orders;
}

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::Commit;
use cqrs_core::delivery::{Message, Received, RetryPolicy, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::view::ViewStore;
use interleaved::gated::{Gated, Shared};
use interleaved::orders::{self, ALL, Bounds, Scene, Work};

#[event]
struct Told {
    /// With how often the teller has told them anything before.
    names: BTreeMap<String, usize>,
    label: String,
}

#[derive(Clone)]
struct Tell {
    names: BTreeMap<String, usize>,
    label: String,
}

#[aggregate(entity = "TELLER")]
#[derive(Default)]
struct Teller {}

#[aggregate]
impl Teller {
    #[command]
    fn tell(&self, command: Tell) -> Result<Told, Infallible> {
        Ok(Told { names: command.names, label: command.label })
    }

    #[apply]
    fn told(&mut self, _: &Told) {}
}

/// What a listener was told, in the order in which it came.
#[projection(key(name: String))]
#[derive(Debug, Default, PartialEq)]
struct Heard {
    labels: Vec<String>,
}

#[projection(key(name))]
impl Heard {
    /// It fails on a commit that does not follow, as a fold that subtracts does.
    #[apply(keys = event.names.keys().cloned())]
    fn told(&mut self, event: &Told, key: &HeardKey) {
        let (teller, _) = event.label.split_once(' ').unwrap();
        let before = self.labels.iter().filter(|label| label.starts_with(teller)).count();
        assert_eq!(before, event.names[key.name()], "{}", event.label);
        self.labels.push(event.label.clone());
    }
}

fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

fn teller(id: &str) -> TellerKey {
    TellerKey::new(&tenant(), id)
}

fn app(events: &MemoryEventStore, views: impl ViewStore) -> App {
    let builder = App::builder(events.clone()).views(views).only(["Heard"]);
    let builder = builder.settings(|settings| {
        settings.trusted_messages = true;
        settings.delivery.base = Duration::ZERO;
        settings.conflict = RetryPolicy { base: Duration::ZERO, cap: Duration::ZERO, ..settings.conflict };
    });
    builder.build().unwrap()
}

/// What is delivered: some versions of a stream, in one batch.
type Batch = (&'static str, &'static [u64]);

/// Some streams, and who delivers what of them.
struct Deliveries {
    /// The names that each commit is told to, by stream.
    streams: &'static [(&'static str, &'static [&'static [&'static str]])],
    /// What was delivered before, by which worker, one after another.
    before: &'static [(usize, Batch)],
    /// What each worker delivers, one after another.
    workers: &'static [&'static [Batch]],
    /// Whether there is a replay in addition to the workers.
    replays: bool,
    /// Whether what the first worker delivers is committed only when it begins.
    is_late: bool,
}

/// All commits of some streams: the same ones, however often they are stored.
async fn commits(streams: &[(&str, &[&[&str]])]) -> Vec<Commit> {
    let events = MemoryEventStore::new();
    let app = App::builder(events.clone()).only([]).build().unwrap();
    let mut commits = Vec::new();
    for (stream, told) in streams {
        let mut counts = BTreeMap::<String, usize>::new();
        for (at, names) in told.iter().enumerate() {
            let mut counted = |name: &&str| {
                let count = counts.entry((*name).to_owned()).or_default();
                *count += 1;
                ((*name).to_owned(), *count - 1)
            };
            let names = names.iter().map(&mut counted).collect();
            let label = format!("{stream} {}", at + 1);
            app.execute(&teller(stream), Tell { names, label }).await.unwrap();
        }
        commits.extend(cqrs_tests::commits::all(&events, &teller(stream).stream().unwrap()).await);
    }
    commits
}

/// Deliveries of some commits.
struct Deliver {
    plan: Deliveries,
    commits: Vec<Commit>,
}

impl Deliver {
    async fn events(&self) -> MemoryEventStore {
        let events = MemoryEventStore::new();
        append(&events, &self.commits).await;
        events
    }

    /// Those that are there from the beginning, and those that come later.
    fn divided(&self) -> (Vec<Commit>, Vec<Commit>) {
        let is_late = |commit: &&Commit| {
            let holds = |(stream, versions): &Batch| {
                commit.stream == teller(stream).stream().unwrap() && versions.contains(&commit.version.get())
            };
            self.plan.is_late && self.plan.workers[0].iter().any(holds)
        };
        let (late, first): (Vec<&Commit>, Vec<&Commit>) = self.commits.iter().partition(is_late);
        (first.into_iter().cloned().collect(), late.into_iter().cloned().collect())
    }
}

async fn append(events: &MemoryEventStore, commits: &[Commit]) {
    for commit in commits {
        cqrs_tests::commits::append(events, commit).await.unwrap();
    }
}

async fn deliver(app: &App, events: &MemoryEventStore, batch: Batch) -> Vec<Verdict> {
    let stream = teller(batch.0).stream().unwrap();
    let commits = events.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits;
    let commits = commits.iter().filter(|commit| batch.1.contains(&commit.version.get()));
    let batch: Vec<_> = commits.map(|commit| Received::new(Message::of(app, commit).body)).collect();
    let verdicts = app.consumer("Heard").unwrap().take(&batch).await;
    assert!(!verdicts.iter().any(|verdict| matches!(verdict, Verdict::Dead { .. })), "{verdicts:?}");
    verdicts
}

impl Scene for Deliver {
    async fn begin(&self, workers: &[Gated]) -> Vec<Work> {
        let (first, late) = self.divided();
        let events = MemoryEventStore::new();
        append(&events, &first).await;
        let apps: Vec<App> = workers.iter().map(|worker| app(&events, worker.clone())).collect();
        for (worker, batch) in self.plan.before {
            assert!(deliver(&apps[*worker], &events, *batch).await.iter().all(|one| *one == Verdict::Done));
        }
        let work = |(worker, app): (usize, App)| -> Work {
            let (batches, events) = (self.plan.workers.get(worker), events.clone());
            let late = if worker == 0 { late.clone() } else { Vec::new() };
            let views = workers[worker].clone();
            Box::pin(async move {
                let Some(batches) = batches else {
                    // It may be told that others were faster.
                    let _ = app.replay::<Heard>().parallel(1).await;
                    return;
                };
                if !late.is_empty() {
                    // It waits for its turn.
                    views.get(&ViewId::new("late", "late")).await.unwrap();
                    append(&events, &late).await;
                }
                for batch in *batches {
                    deliver(&app, &events, *batch).await;
                }
            })
        };
        assert_eq!(workers.len(), self.plan.workers.len() + usize::from(self.plan.replays));
        apps.into_iter().enumerate().map(work).collect()
    }

    async fn check(&self, shared: &Arc<Shared>, order: &[String]) {
        let events = self.events().await;
        let last = app(&events, shared.store.clone());
        for again in [false, true] {
            for (stream, commits) in self.plan.streams {
                let all: Vec<u64> = (1..=commits.len() as u64).collect();
                let verdicts = deliver(&last, &events, (stream, all.leak())).await;
                assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{verdicts:?} {order:#?}");
            }
            self.look(&last, order).await;
            if again || !self.plan.replays {
                return;
            }
            last.replay::<Heard>().await.unwrap();
            self.look(&last, order).await;
        }
    }
}

impl Deliver {
    /// Each commit is in each of its views, once, and those of a stream in their order.
    async fn look(&self, app: &App, order: &[String]) {
        let names: Vec<&str> = self.plan.streams.iter().flat_map(|(_, commits)| commits.concat()).collect();
        for name in names {
            let key = HeardKey::new(&tenant(), name);
            let heard = app.view::<Heard>(&key).await.unwrap().unwrap_or_default().labels;
            for (stream, commits) in self.plan.streams {
                let told = (1..).zip(*commits).filter(|(_, names)| names.contains(&name));
                let told: Vec<String> = told.map(|(at, _)| format!("{stream} {at}")).collect();
                let found: Vec<_> = heard.iter().filter(|label| label.starts_with(stream)).cloned().collect();
                assert_eq!(found, told, "{name}: {heard:?} in {order:#?}");
            }
        }
    }
}

async fn try_all(plan: Deliveries, crashes: usize, switches: usize) {
    let workers = plan.workers.len() + usize::from(plan.replays);
    let scene = Deliver { commits: commits(plan.streams).await, plan };
    let began = std::time::Instant::now();
    let count = orders::all(&scene, workers, Bounds { crashes, switches }).await;
    println!("{count} orders, {:?}", began.elapsed());
}

const TWO: &[(&str, &[&[&str]])] = &[
    ("a", &[&["x"], &["x"]]),
    ("b", &[&["x"], &["x"]]),
    ("p", &[&["p"]]),
    ("q", &[&["q"]]),
    ("r", &[&["r"]]),
];

/// A worker that knows a fence from before others have brought the stream into the view, with a second stream over it.
#[tokio::test]
async fn a_fence_that_is_remembered_may_be_behind_the_view() {
    let before: &[(usize, Batch)] = &[(0, ("a", &[1])), (1, ("q", &[1])), (2, ("b", &[1]))];
    let workers: &[&[Batch]] = &[&[("a", &[2])], &[("a", &[2])], &[("b", &[2])]];
    try_all(Deliveries { streams: TWO, before, workers, replays: false, is_late: false }, 0, 2).await;
}

/// The same, if no worker remembers it.
#[tokio::test]
async fn a_fence_that_is_read_may_be_behind_the_view() {
    let before: &[(usize, Batch)] =
        &[(3, ("a", &[1])), (3, ("b", &[1])), (0, ("p", &[1])), (1, ("q", &[1])), (2, ("r", &[1]))];
    let workers: &[&[Batch]] = &[&[("a", &[2])], &[("a", &[2])], &[("b", &[2])], &[]];
    try_all(Deliveries { streams: TWO, before, workers, replays: false, is_late: false }, 0, 2).await;
}

/// The first commits of all.
#[tokio::test]
async fn views_and_fences_appear() {
    let workers: &[&[Batch]] = &[&[("a", &[1, 2])], &[("b", &[1, 2])]];
    try_all(Deliveries { streams: TWO, before: &[], workers, replays: false, is_late: false }, 2, 2).await;
}

/// A worker that crashes leaves a note behind, and others come over it, with the same stream and with another one.
#[tokio::test]
async fn a_note_is_not_lost() {
    let before: &[(usize, Batch)] = &[(0, ("a", &[1])), (1, ("b", &[1]))];
    let workers: &[&[Batch]] = &[&[("a", &[2])], &[("b", &[2]), ("a", &[1, 2])]];
    try_all(Deliveries { streams: TWO, before, workers, replays: false, is_late: false }, 2, ALL).await;
}

/// Commits that change several views, among others that change one of them.
#[tokio::test]
async fn several_views_and_one() {
    let streams: &[(&str, &[&[&str]])] =
        &[("a", &[&["x"], &["x"], &["x", "y"]]), ("b", &[&["y"], &["x", "y"]])];
    let before: &[(usize, Batch)] = &[(0, ("a", &[1])), (1, ("b", &[1]))];
    let workers: &[&[Batch]] = &[&[("a", &[2]), ("a", &[3])], &[("b", &[2]), ("a", &[2, 3])]];
    try_all(Deliveries { streams, before, workers, replays: false, is_late: false }, 1, 2).await;
}

/// The fold fails on views that have the commit already, if the fence was read before.
#[tokio::test]
async fn several_views_of_which_nobody_remembers_anything() {
    let streams: &[(&str, &[&[&str]])] = &[("a", &[&["x"], &["x", "y"]])];
    let workers: &[&[Batch]] = &[&[("a", &[2])], &[("a", &[2])], &[]];
    let before: &[(usize, Batch)] = &[(2, ("a", &[1]))];
    try_all(Deliveries { streams, before, workers, replays: false, is_late: false }, 1, 3).await;
}

/// A replay begins, builds, and puts its views in place while commits are delivered.
#[tokio::test]
async fn a_replay_at_the_same_time() {
    let before: &[(usize, Batch)] = &[(0, ("a", &[1])), (0, ("b", &[1]))];
    let workers: &[&[Batch]] = &[&[("a", &[2]), ("b", &[2])]];
    try_all(Deliveries { streams: TWO, before, workers, replays: true, is_late: false }, 1, 2).await;
}

/// The same with a commit that the replay has not seen when it comes to the stream.
#[tokio::test]
async fn a_replay_that_has_read_the_stream_before() {
    let before: &[(usize, Batch)] = &[(0, ("a", &[1])), (0, ("b", &[1]))];
    let workers: &[&[Batch]] = &[&[("a", &[2])]];
    let streams: &[(&str, &[&[&str]])] = &[("a", &[&["x"], &["x"]]), ("b", &[&["x"]])];
    try_all(Deliveries { streams, before, workers, replays: true, is_late: true }, 1, 3).await;
}
