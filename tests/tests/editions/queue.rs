//! Two releases take the messages of one queue.

use std::future::ready;
use std::time::Duration;

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::commit::Commit;
use cqrs_core::delivery::{Consumer, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::view::{MemoryViewStore, ViewStore};
use cqrs_dynamo::Dynamo;
use fastrand::Rng;
use tokio::task::yield_now;

use crate::world::{RELEASES, TILLS, World, key, killed_after};

/// A process, and its end of the queue.
struct Process {
    release: &'static str,
    app: App,
    consumer: Consumer,
}

impl Process {
    fn begin<E: EventStore, V: ViewStore>(world: &World<E, V>, release: &'static str) -> Self {
        let app = world.process(release);
        let consumer = app.consumer(release).unwrap();
        Self { release, app, consumer }
    }

    /// Takes a message; false if it stays in the queue.
    async fn take(&self, commit: &Commit, told: &str) -> bool {
        let message = Received::new(Message::of(&self.app, commit).body);
        match &self.consumer.take(&[message]).await[..] {
            [Verdict::Done] => true,
            [Verdict::Wait { .. }] => false,
            verdicts => panic!("{told}: {verdicts:?}"),
        }
    }

    /// Gives running builds some time.
    async fn settle(&self) {
        self.consumer.settle(ready(false)).await;
        for _ in 0..50 {
            yield_now().await;
        }
    }
}

/// The events that have not been acknowledged.
struct Queue {
    /// How much of each till has been sent.
    sent: [usize; 3],
    waiting: Vec<Commit>,
}

impl Queue {
    async fn fill<E: EventStore, V: ViewStore>(&mut self, world: &World<E, V>) {
        for (at, till) in TILLS.into_iter().enumerate() {
            let stream = key(till).stream().unwrap();
            let commits = world.events.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits;
            let new = commits[self.sent[at]..].iter().cloned();
            // A topic filters by the names of events.
            self.waiting.extend(new.filter(|commit| commit.events.iter().any(|event| event.name == "Sold")));
            self.sent[at] = commits.len();
        }
    }

    /// One message goes to one process, which may be killed while it has it.
    async fn send<E: EventStore, V: ViewStore>(&mut self, world: &mut World<E, V>, to: &Process, told: &str) {
        self.fill(world).await;
        if self.waiting.is_empty() {
            return;
        }
        let at = world.rng.usize(..self.waiting.len());
        let polls = if world.rng.u8(..6) == 0 { world.rng.usize(..12) } else { usize::MAX };
        // An acknowledgement may be lost, too.
        if killed_after(polls, to.take(&self.waiting[at], told)).await == Some(true) && world.rng.u8(..8) > 0
        {
            self.waiting.swap_remove(at);
        }
    }

    async fn drain<E: EventStore, V: ViewStore>(
        &mut self,
        world: &mut World<E, V>,
        processes: &[&Process],
        told: &str,
    ) {
        for _ in 0..1000 {
            for process in processes {
                process.settle().await;
                self.send(world, process, told).await;
            }
            if self.waiting.is_empty() {
                return;
            }
        }
        panic!("{told}: {} messages stay in the queue", self.waiting.len());
    }
}

async fn side_by_side(
    events: impl EventStore,
    views: impl ViewStore,
    stores: impl Fn() -> Stores + 'static,
    seed: u64,
) {
    let mut rng = Rng::with_seed(seed);
    let mut two = RELEASES;
    rng.shuffle(&mut two);
    let two = [two[0], two[1]];
    // Either no release is waited for, or none is ever given up.
    let is_patient = rng.bool();
    let release_poll = if is_patient { Duration::from_secs(3600) } else { Duration::ZERO };
    let mut world = World::new(events, views, stores, rng, release_poll);
    let mut queue = Queue { sent: [0; 3], waiting: Vec::new() };
    // One is there first.
    let first = Process::begin(&world, two[0]);
    for _ in 0..world.rng.usize(..10) {
        world.command(&first.app).await;
        queue.send(&mut world, &first, "alone").await;
    }
    let mut processes = [first, Process::begin(&world, two[1])];
    for step in 0..40 {
        let told = format!("seed {seed}, step {step}, {two:?}, patient: {is_patient}");
        let one = world.rng.usize(..2);
        match world.rng.u8(..10) {
            0..3 => world.command(&processes[one].app).await,
            3..6 => queue.send(&mut world, &processes[one], &told).await,
            6 => processes[one].settle().await,
            7 => world.read(&processes[one].app, two[one], &told).await,
            8 => world.read(&world.process(two[one]), two[one], &told).await,
            _ => processes[one] = Process::begin(&world, two[one]),
        }
    }
    // Everything that is on its way arrives; then each reads its own.
    let told = format!("seed {seed}, together, {two:?}, patient: {is_patient}");
    let [one, other] = processes;
    queue.drain(&mut world, &[&one, &other], &told).await;
    settle_all(&mut world, &[&one, &other], &told).await;
    if is_patient {
        return;
    }
    // The deployment is rolled back, and made again.
    drop(other);
    for _ in 0..5 {
        world.command(&one.app).await;
    }
    let told = format!("seed {seed}, rolled back, {two:?}");
    queue.drain(&mut world, &[&one], &told).await;
    settle_all(&mut world, &[&one], &told).await;
    let again = Process::begin(&world, two[1]);
    let told = format!("seed {seed}, made again, {two:?}");
    world.command(&again.app).await;
    queue.drain(&mut world, &[&again], &told).await;
    settle_all(&mut world, &[&again], &told).await;
    let told = format!("seed {seed}, read by the one of before, {two:?}");
    world.read(&world.process(two[0]), two[0], &told).await;
}

/// Each release builds what it has missed, and then reads all of its own.
async fn settle_all<E: EventStore, V: ViewStore>(
    world: &mut World<E, V>,
    processes: &[&Process],
    told: &str,
) {
    for process in processes {
        // By itself, or by the process that was asked to, because a process that was killed may have been about to.
        process.settle().await;
        world.build(&process.app, process.release, told).await;
        world.read_all(&world.process(process.release), process.release, told).await;
    }
}

#[tokio::test]
async fn each_release_reads_its_own_fold_of_all_commits() {
    for seed in 0..200 {
        let (events, views) = (MemoryEventStore::new(), MemoryViewStore::new());
        let (commits, kept) = (events.clone(), views.clone());
        let stores = move || commits.clone().into_stores().views(kept.clone());
        side_by_side(events, views, stores, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_release_reads_its_own_fold_of_all_commits_of_a_file() {
    for seed in 1000..1008 {
        let folder = tempfile::tempdir().unwrap();
        let dynamo = Dynamo::embedded(folder.path().join("tills.db")).await.unwrap();
        let stores = dynamo.clone();
        side_by_side(dynamo.event_store(), dynamo.views(), move || stores.clone().into_stores(), seed).await;
    }
}
