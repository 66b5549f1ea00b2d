//! What commands cost while others are scheduled: warm commands in an embedded database without timers, and with 100,000.
//!
//! `cargo bench -p cqrs-benches --bench timers`; a number after `--` is how many wait.

use std::convert::Infallible;
use std::error::Error;

use cqrs_benches::account::{AccountKey, deposit};
use cqrs_benches::samples::Samples;
use cqrs_core::prelude::*;
use cqrs_core::store::{AppendAll, EventStore, NewCommits, Timer, TimerId};
use cqrs_dynamo::{Dynamo, Embedded};

const WAITING: usize = 100_000;
const AT_ONCE: usize = 100;
const ROUNDS: usize = 2_000;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[event]
struct Reminded {}

/// A command that waits.
#[command]
struct Remind {}

#[aggregate(entity = "REMINDER")]
#[derive(Default)]
struct Reminder {}

#[aggregate]
impl Reminder {
    #[command]
    fn remind(&self, _: &Remind) -> Result<Reminded, Infallible> {
        Ok(Reminded {})
    }

    #[apply]
    fn reminded(&mut self, _: &Reminded) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    let waiting = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(WAITING);
    let (without, with) = (database().await?, database().await?);
    fill(&with, waiting).await?;
    let apps = [App::builder(without.event_store()).build()?, App::builder(with.event_store()).build()?];
    let key = AccountKey::new(&Tenant::new("BENCH")?, "1");
    let mut samples = [Samples::default(), Samples::default()];
    for round in 0..ROUNDS {
        // In turns, so that both have the same conditions.
        for place in [round % 2, 1 - round % 2] {
            samples[place].time(apps[place].execute(&key, deposit()).into_future()).await?;
        }
    }
    let [without, with] = samples.map(|samples| samples.percentile(50));
    println!(
        "a warm command, p50: {without:.0} µs, {with:.0} µs with {waiting} timers ({:.3})",
        with / without
    );
    let (clock, start) = (Timestamp::now(), std::time::Instant::now());
    let swept = apps[1].sweep().await?;
    println!("a sweep at {clock} that finds nothing: {swept:?} in {:?}", start.elapsed());
    Ok(())
}

async fn database() -> Fallible<Dynamo> {
    let dynamo = Dynamo::from_conf(&Embedded::in_memory()?.sdk_config());
    dynamo.create_tables().await?;
    Ok(dynamo)
}

/// Timers over the next thousand years.
async fn fill(dynamo: &Dynamo, waiting: usize) -> Fallible<()> {
    let store = dynamo.event_store();
    let due = Timestamp::now() + std::time::Duration::from_secs(1_000 * 365 * 24 * 60 * 60);
    for first in (0..waiting).step_by(AT_ONCE) {
        let timers = (first..waiting.min(first + AT_ONCE)).map(|number| -> Fallible<Timer> {
            let stream = ReminderKey::new(&Tenant::new("BENCH")?, number.to_string()).stream()?;
            let command = cqrs_core::StoredEvent::encode(&Remind {})?;
            let metadata = Metadata::new(format!("reminder {number}"), Timestamp::now());
            Ok(Timer::new(TimerId::new(due, &number.to_string()), stream, "REMINDER", command, metadata))
        });
        let new = timers
            .collect::<Fallible<Vec<_>>>()?
            .into_iter()
            .fold(NewCommits::new(Vec::new()), NewCommits::setting);
        if store.append_all(new).await? != AppendAll::Written {
            return Err("the timers were not written".into());
        }
    }
    Ok(())
}
