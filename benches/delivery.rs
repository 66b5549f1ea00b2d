//! From a commit to its view, with the settings that programs have by default: delivered in one process on an embedded
//! DynamoDB; and over its stream, SNS and SQS, as moto and an embedded DynamoDB behind a loopback port have them.
//!
//! `cargo bench -p cqrs-benches --bench delivery`; numbers after `--` are the commits of the backlog whose rate is
//! taken, 1,000 by default, and the commits that are timed one by one, 100 by default. The emulators are the limit of
//! the second line: moto alone takes some milliseconds for a message.

use std::error::Error;
use std::future::pending;
use std::time::{Duration, Instant};

use cqrs_benches::account::{Account, AccountKey, Deposited, deposit};
use cqrs_benches::samples::Samples;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
use cqrs_tests::emulator::Emulator;
use cqrs_tests::loopback::Loopback;
use tokio::task::JoinSet;

const BACKLOG: usize = 1_000;
const ROUNDS: usize = 100;
/// Over so many streams the backlog is spread.
const STREAMS: usize = 100;
/// How often a view is looked at.
const LOOK: Duration = Duration::from_millis(1);

type Fallible<T> = Result<T, Box<dyn Error>>;

/// What is on an account, and how many commits say so.
#[projection(Account)]
#[derive(Debug, Default)]
pub struct Balance {
    cents: u64,
    commits: u64,
}

#[projection(Account)]
impl Balance {
    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
        self.commits += 1;
    }
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let (backlog, rounds) = (numbers.next().unwrap_or(BACKLOG), numbers.next().unwrap_or(ROUNDS));
    println!("from commit to view       commits/s   p50 ms   p99 ms");
    in_process(backlog, rounds).await?;
    emulated(backlog, rounds).await
}

async fn in_process(backlog: usize, rounds: usize) -> Fallible<()> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    let ends_at = append(&app, backlog).await?;
    let mut delivery = JoinSet::new();
    let started = Instant::now();
    delivery.spawn({
        let app = app.clone();
        async move { app.run(pending()).await.err().map(|error| error.to_string()) }
    });
    measure("in one process", &app, started, ends_at, rounds).await
}

async fn emulated(backlog: usize, rounds: usize) -> Fallible<()> {
    let (server, emulator) = (Loopback::start().await, Emulator::start());
    let (dynamo, broker) = (server.dynamo().await, emulator.broker());
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    let topic = broker.create(&app).await?;
    let ends_at = append(&app, backlog).await?;
    let mut delivery = JoinSet::new();
    let started = Instant::now();
    let mut relay = Relay::new(&dynamo, &app, SnsPublisher::new(broker.sns().clone(), &topic.arn));
    delivery.spawn(async move { relay.run(pending()).await.err().map(|error| error.to_string()) });
    let worker = broker.worker(&app);
    delivery.spawn(async move { worker.run(pending()).await.err().map(|error| error.to_string()) });
    measure("over the emulators", &app, started, ends_at, rounds).await
}

/// Appends so many commits, spread over the streams; returns how many each has.
async fn append(app: &App, commits: usize) -> Fallible<u64> {
    let each = commits.div_ceil(STREAMS);
    for _ in 0..each {
        for stream in 0..STREAMS {
            app.execute(&account(stream)?, deposit()).await?;
        }
    }
    Ok(each as u64)
}

/// Waits for the views of the backlog, and times one commit after the other.
async fn measure(what: &str, app: &App, started: Instant, ends_at: u64, rounds: usize) -> Fallible<()> {
    for stream in 0..STREAMS {
        arrived(app, &account(stream)?, ends_at).await?;
    }
    let rate = (ends_at as usize * STREAMS) as f64 / started.elapsed().as_secs_f64();
    let mut samples = Samples::default();
    for round in 0..rounds {
        let key = account(round % STREAMS)?;
        let version = app.execute(&key, deposit()).await?.version;
        samples.time(arrived(app, &key, version.get())).await?;
    }
    let [p50, p99] = [50, 99].map(|percent| samples.percentile(percent) / 1e3);
    println!("{what:<24} {rate:>10.0} {p50:>8.0} {p99:>8.0}");
    Ok(())
}

async fn arrived(app: &App, key: &AccountKey, commits: u64) -> Fallible<()> {
    while app.view::<Balance>(key).await?.is_none_or(|view| view.commits < commits) {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn account(stream: usize) -> Fallible<AccountKey> {
    Ok(AccountKey::new(&Tenant::new("BANK")?, format!("{stream:04}")))
}
