//! Machines with clocks that are wrong by minutes schedule, cancel and sweep, lose requests and answers, and are killed between any
//! two steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cqrs_core::app::Scheduled;
use cqrs_core::prelude::*;
use cqrs_core::testing::Clock;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::database;
use cqrs_tests::shaken::{shaken, stopped_after};
use fastrand::Rng;

use crate::hotel::{MINUTE, release, room};

const SEEDS: u64 = 12;
const ROUNDS: usize = 60;
const ROOMS: usize = 6;
const MACHINES: usize = 3;
const PERCENT: u32 = 10;
const SKEW: i64 = 5;

struct Machine {
    app: App,
    clock: Clock,
    skew: i64,
}

impl Machine {
    fn start(database: &Embedded, now: Timestamp, rng: &mut Rng) -> Self {
        let skew = rng.i64(-SKEW..=SKEW) * 60_000;
        let clock = Clock::at(Timestamp::from_unix_millis(now.unix_millis() + skew));
        Self { app: app(&shaken(database, rng.u64(..)), &clock), clock, skew }
    }
}

fn app(dynamo: &Dynamo, clock: &Clock) -> App {
    App::builder(dynamo.event_store()).clock(clock).only([]).build().unwrap()
}

/// What is known of a command.
#[derive(Default)]
struct Known {
    scheduled: bool,
    cancelled: bool,
}

async fn live(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let (database, dynamo) = database().await;
    let mut now: Timestamp = "2024-01-01T10:00:00Z".parse().unwrap();
    let mut machines: Vec<_> = (0..MACHINES).map(|_| Machine::start(&database, now, &mut rng)).collect();
    let mut commands: BTreeMap<(usize, String, Timestamp), Known> = BTreeMap::new();
    for round in 0..ROUNDS {
        now = now + Duration::from_secs(rng.u64(..120));
        let at = rng.usize(..MACHINES);
        let Machine { app, clock, skew } = &machines[at];
        clock.set(Timestamp::from_unix_millis(now.unix_millis() + skew));
        let steps = if rng.u32(..100) < PERCENT { rng.usize(..40) } else { usize::MAX };
        let was_stopped = match rng.u32(..10) {
            0..5 => {
                let number = rng.usize(..ROOMS);
                let key = (number, format!("{seed} {round}"), now + rng.u32(..15) * MINUTE);
                let command = release(&key.1);
                let due = app.execute(&room(&number.to_string()), command).command_id(&key.1).due(key.2);
                let done = stopped_after(steps, due.into_future()).await;
                commands.entry(key).or_default().scheduled = matches!(done, Some(Ok(_)));
                done.is_none()
            }
            5 if !commands.is_empty() => {
                let nth = rng.usize(..commands.len());
                let (key, known) = commands.iter_mut().nth(nth).unwrap();
                let named = Scheduled::new(&room(&key.0.to_string()), &key.1, key.2).unwrap();
                let done = stopped_after(steps, app.cancel(&named)).await;
                known.cancelled |= matches!(done, Some(Ok(true)));
                // It may have been cancelled.
                known.scheduled &= matches!(done, Some(Ok(false)));
                done.is_none()
            }
            _ => {
                let other = &machines[rng.usize(..MACHINES)].app;
                let sweeps = futures_util::future::join(app.sweep(), other.sweep());
                stopped_after(steps, sweeps).await.is_none()
            }
        };
        if was_stopped {
            machines[at] = Machine::start(&database, now, &mut rng);
        }
    }
    let clock = Clock::at(now + 60 * MINUTE);
    let calm = app(&dynamo, &clock);
    let swept = calm.sweep().await.unwrap();
    assert_eq!((swept.failed, swept.left), (0, 0));
    check(&calm, &commands, seed).await;
}

async fn check(app: &App, commands: &BTreeMap<(usize, String, Timestamp), Known>, seed: u64) {
    let mut happened = BTreeSet::new();
    for number in 0..ROOMS {
        for event in app.history(&room(&number.to_string())).read_all().await.unwrap() {
            let metadata = event.metadata();
            let id = metadata.command_id.clone();
            let ((_, _, due), known) = commands.iter().find(|((_, of, _), _)| *of == id).unwrap();
            assert!(metadata.recorded() >= *due, "seed {seed}: {id} came early");
            assert!(!known.cancelled, "seed {seed}: {id} was cancelled");
            assert!(happened.insert(id.clone()), "seed {seed}: {id} happened twice");
        }
    }
    for ((_, id, _), known) in commands {
        assert!(!known.scheduled || happened.contains(id), "seed {seed}: {id} never happened");
    }
}

#[tokio::test]
async fn every_command_happens_once_or_was_cancelled() {
    for seed in 0..SEEDS {
        live(seed).await;
    }
}
