//! Machines with clocks that are wrong by minutes take the steps of bookings. What is delivered to them is doubled,
//! lost, late and out of order, their requests and answers are lost, and they are killed between any two polls. In the
//! end each step, command and deadline has happened once. [`oracle`] checks this without the engine.
//!
//! `PROCESS_SEEDS=10000 cargo test --workspace --test processes` tries more; a failure names its seed. `PROCESS_SEED=7` tries one.

use std::pin::pin;
use std::time::Duration;

use cqrs_core::Commit;
use cqrs_core::delivery::Verdict;
use cqrs_core::prelude::*;
use cqrs_core::testing::Clock;
use cqrs_tests::shaken::stopped_after;
use fastrand::Rng;
use futures_util::future::join;

use crate::booking::{MINUTE, booking};
use crate::oracle::{self, Stored, due, has_ended, listened, place, taken};
use crate::world::{Base, Broker, Machine, Order, SKEW, take};

const SEEDS: u64 = 150;
/// One seed of these many is tried on DynamoDB.
const DYNAMO_EVERY: u64 = 50;
const ROUNDS: usize = 80;
const MACHINES: usize = 3;
const KILLED_PERCENT: u32 = 20;
/// The most polls until a machine pauses.
const PAUSED: usize = 12;

struct World {
    told: String,
    rng: Rng,
    base: Base,
    now: Timestamp,
    machines: Vec<Machine>,
    bookings: Vec<String>,
    orders: Vec<Order>,
    broker: Broker,
    stored: Stored,
}

/// How two machines work at the same time.
struct Together {
    one: usize,
    other: usize,
    /// After so many polls each is killed.
    polls: [usize; 2],
    /// After so many polls the first one waits until the other one is through.
    pause: Option<usize>,
}

/// What happened in some worlds, so that a chaos in which nothing happens shows.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    paid: usize,
    declined: usize,
    expired: usize,
    extended: usize,
    passed: usize,
}

impl World {
    async fn new(seed: u64, is_memory: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let base = Base::new(is_memory).await;
        let now = "2024-01-01T10:00:00Z".parse().unwrap();
        let machines = (0..MACHINES).map(|_| Machine::start(&base, now, &mut rng)).collect();
        let bookings: Vec<_> = (0..rng.usize(2..6)).map(|number| format!("b{number}")).collect();
        let mut stored = Stored::default();
        base.look(&bookings, &mut stored).await;
        let told = format!("seed {seed}");
        Self {
            told,
            rng,
            base,
            now,
            machines,
            bookings,
            orders: Vec::new(),
            broker: Broker::default(),
            stored,
        }
    }

    /// Polls until a machine is killed.
    fn polls(&mut self) -> usize {
        if self.rng.u32(..100) < KILLED_PERCENT { self.rng.usize(..60) } else { usize::MAX }
    }

    fn together(&mut self) -> Together {
        let (one, other) = (self.rng.usize(..MACHINES), self.rng.usize(..MACHINES));
        let polls = [self.polls(), self.polls()];
        // One machine does not wait for itself, and an embedded database answers one request at a time.
        let may_pause = one != other && matches!(self.base, Base::Memory(_));
        let pause = (may_pause && self.rng.bool()).then(|| self.rng.usize(..PAUSED));
        Together { one, other, polls, pause }
    }

    async fn round(&mut self) {
        self.now = self.now + Duration::from_secs(self.rng.u64(..120));
        self.machines.iter().for_each(|machine| machine.set(self.now));
        match self.rng.u32(..10) {
            0..4 => self.order().await,
            4..8 => self.deliver().await,
            _ => self.sweep().await,
        }
    }

    async fn order(&mut self) {
        let unknown: Vec<usize> = (0..self.orders.len()).filter(|at| !self.orders[*at].known).collect();
        let at = match self.rng.choice(unknown) {
            Some(at) if self.rng.bool() => at,
            _ => {
                let id = format!("{} {}", self.told, self.orders.len());
                self.orders.push(Order::any(id, &self.bookings, &mut self.rng));
                self.orders.len() - 1
            }
        };
        let (machine, polls) = (self.rng.usize(..MACHINES), self.polls());
        let sent = stopped_after(polls, self.orders[at].send(&self.machines[machine].app)).await;
        self.orders[at].known |= sent == Some(true);
        self.after(machine, sent.is_none());
        self.look().await;
    }

    /// Two machines receive something at the same time, and often the same messages: one may be done with a message,
    /// and the other one killed while it works on it.
    async fn deliver(&mut self) {
        let [first, second, mut third] = [(); 3].map(|()| self.broker.batch(&mut self.rng));
        if self.rng.bool() {
            third.extend_from_slice(&first);
            self.rng.shuffle(&mut third);
        }
        let Together { one, other, polls, pause } = self.together();
        let (mut done, mut done_by_other) = (Vec::new(), Vec::new());
        let first = stopped_after(polls[0], self.machines[one].take_all([first], &mut done));
        let others = self.machines[other].take_all([second, third], &mut done_by_other);
        let (first, second) = beside(pause, first, stopped_after(polls[1], others)).await;
        self.after(one, first.is_none());
        self.after(other, second.is_none());
        self.look().await;
        for (commit, verdict) in done.into_iter().chain(done_by_other) {
            match verdict {
                Verdict::Done => self.done(&commit),
                Verdict::Dead { reason } => panic!("{}: {reason}", self.told),
                _ => {}
            }
        }
    }

    /// A message that is done was taken or skipped by each of its bookings, and each records it.
    fn done(&mut self, commit: &Commit) {
        for (index, name) in listened(commit) {
            let (steps, at) = (&self.stored.steps[name], place(commit, index));
            let is_taken = steps.iter().any(|step| taken(step).as_ref() == Some(&at));
            assert!(is_taken || has_ended(steps), "{}: {name} has lost {at:?}", self.told);
        }
        // The note that it is done may be lost, too.
        if self.rng.u32(..5) > 0 {
            self.broker.ack(commit);
        }
    }

    /// Two sweepers at the same time.
    async fn sweep(&mut self) {
        let Together { one, other, polls, pause } = self.together();
        let first = stopped_after(polls[0], self.machines[one].app.sweep());
        let second = stopped_after(polls[1], self.machines[other].app.sweep());
        let (first, second) = beside(pause, first, second).await;
        for swept in [&first, &second].into_iter().flatten().flatten() {
            assert_eq!(swept.failed, 0, "{}", self.told);
        }
        self.after(one, first.is_none());
        self.after(other, second.is_none());
        self.look().await;
    }

    /// A machine that was killed begins with nothing in memory; sometimes only its work was dropped.
    fn after(&mut self, machine: usize, was_stopped: bool) {
        if was_stopped && self.rng.u32(..3) > 0 {
            self.machines[machine] = Machine::start(&self.base, self.now, &mut self.rng);
        }
    }

    /// Publishes what is new, and checks the true time of what a deadline has caused.
    async fn look(&mut self) {
        let known: Vec<usize> = self.stored.steps.values().map(Vec::len).collect();
        self.base.look(&self.bookings, &mut self.stored).await;
        for ((name, steps), known) in self.stored.steps.iter().zip(known) {
            for due in steps[known..].iter().filter_map(due) {
                assert!(self.now + SKEW >= due, "{}: {name} at {due} came early", self.told);
            }
        }
        self.broker.publish(&self.stored.sources, |commit| listened(commit).next().is_some());
    }

    /// Everything arrives, and all time passes.
    async fn calm_down(&mut self) {
        let clock = Clock::at(self.now);
        let app = self.base.calm(&clock);
        for order in self.orders.iter_mut().filter(|order| !order.known) {
            order.known = order.send(&app).await;
            assert!(order.known, "{}: {order:?}", self.told);
        }
        self.look().await;
        let consumer = app.consumer("Booking").unwrap();
        while !self.broker.waiting.is_empty() {
            self.rng.shuffle(&mut self.broker.waiting);
            let batch = self.broker.waiting.clone();
            let verdicts = take(&app, &consumer, &batch).await;
            self.look().await;
            for (commit, verdict) in batch.iter().zip(verdicts) {
                assert_eq!(verdict, Verdict::Done, "{}", self.told);
                self.done(commit);
            }
        }
        clock.advance(120 * MINUTE);
        self.now = clock.now();
        loop {
            let swept = app.sweep().await.unwrap();
            assert_eq!((swept.failed, swept.left), (0, 0), "{}", self.told);
            if swept.fired == 0 {
                break;
            }
        }
        self.look().await;
        assert_eq!(self.base.timers(self.now).await, 0, "{}", self.told);
        assert_eq!(app.dead_letters().list().await.unwrap(), [], "{}", self.told);
    }

    async fn check(&self, seen: &mut Seen) {
        let orders = self.orders.iter().map(|order| order.id.clone()).collect();
        let models = oracle::check(&self.stored, &orders, &self.told);
        let app = self.base.calm(&Clock::at(self.now));
        for (name, model) in models {
            let state = app.load(&booking(&name)).await.unwrap().state;
            let (process, told) = (state.process(), format!("{}: {name}", self.told));
            assert_eq!((&process.house, process.cents), (&model.house, model.cents), "{told}");
            assert_eq!((process.extensions, process.paid), (model.extensions, model.paid), "{told}");
            assert_eq!((state.is_started(), state.has_ended()), (model.started, model.ended), "{told}");
            assert_eq!(state.deadlines().next().map(|(_, due)| due), model.unpaid, "{told}");
            assert_eq!(state.held_up_at(), None, "{told}");
            // All its deadlines are over.
            assert_eq!(model.started, model.ended, "{told}");
            seen.paid += usize::from(model.paid);
            seen.expired += usize::from(model.expired);
            seen.declined += usize::from(model.ended && !model.paid && !model.expired);
            seen.extended += usize::from(model.extensions > 0);
            seen.passed += model.passed;
        }
    }
}

async fn live(seed: u64, is_memory: bool, seen: &mut Seen) -> Stored {
    // What the engine draws by itself, too.
    fastrand::seed(seed);
    let mut world = World::new(seed, is_memory).await;
    for _ in 0..ROUNDS {
        world.round().await;
    }
    world.calm_down().await;
    world.check(seen).await;
    world.stored
}

/// Lets both work at the same time; or the first one pauses after some polls, until the other one has finished.
async fn beside<A, B>(
    pause: Option<usize>,
    first: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> (A, B) {
    let Some(polls) = pause else { return join(first, other).await };
    let mut first = pin!(first);
    let early = stopped_after(polls, first.as_mut()).await;
    let other = other.await;
    match early {
        Some(first) => (first, other),
        None => (first.await, other),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn every_step_command_and_deadline_happens_once() {
    let seeds = match number("PROCESS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PROCESS_SEEDS").unwrap_or(SEEDS),
    };
    let (mut seen, count) = (Seen::default(), seeds.clone().count());
    for seed in seeds {
        live(seed, seed % DYNAMO_EVERY > 0, &mut seen).await;
    }
    println!("{count} seeds: {seen:?}");
    let Seen { paid, declined, expired, extended, passed } = seen;
    let least = paid.min(declined).min(expired).min(extended).min(passed);
    assert!(least >= count / 10, "too little has happened");
}

/// A failure can be looked at again.
#[tokio::test]
async fn a_seed_tells_everything() {
    let mut seen = [Seen::default(), Seen::default()];
    let first = live(4, true, &mut seen[0]).await;
    assert_eq!(live(4, true, &mut seen[1]).await, first);
    assert_eq!(seen[0], seen[1]);
}
