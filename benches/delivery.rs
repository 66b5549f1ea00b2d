//! From a commit to its view, with the default settings: delivered in one process on an embedded DynamoDB; and over the stream,
//! SNS and SQS, with moto and an embedded DynamoDB on a loopback port.
//!
//! `cargo bench -p cqrs-benches --bench delivery`; numbers after `--` are the commits of the backlog whose rate is measured,
//! 1,000 by default, and the commits that are timed one by one, 100 by default. The emulators are the limit of the second line:
//! moto alone takes some milliseconds for a message.

use std::error::Error;
use std::future::pending;
use std::time::{Duration, Instant};

use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
use cqrs_tests::bank::{self, AccountKey, Open, Statement, deposit};
use cqrs_tests::emulator::Emulator;
use cqrs_tests::loopback::Loopback;
use samples::Samples;
use tokio::task::JoinSet;

// The crate of the benches also has accounts, and one program can link only one kind.
#[path = "samples.rs"]
#[expect(unreachable_pub, reason = "elsewhere it is a module of a library")]
mod samples;

const BACKLOG: usize = 1_000;
const ROUNDS: usize = 100;
/// The number of streams of the backlog.
const STREAMS: usize = 100;
/// How often a view is read.
const LOOK: Duration = Duration::from_millis(1);

type Fallible<T> = Result<T, Box<dyn Error>>;

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
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Statement"]).build()?;
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
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Statement"]).build()?;
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

/// Appends a number of commits, spread over the streams; returns how many each stream has.
async fn append(app: &App, commits: usize) -> Fallible<u64> {
    let each = commits.div_ceil(STREAMS).max(2);
    for number in 1..=each as u64 {
        for stream in 0..STREAMS {
            match number {
                1 => app.execute(&account(stream), Open { owner: "Ada".to_owned() }).await?.version,
                _ => app.execute(&account(stream), deposit(number)).await?.version,
            };
        }
    }
    Ok(each as u64)
}

/// Waits for the views of the backlog, and times one commit after another.
async fn measure(what: &str, app: &App, started: Instant, ends_at: u64, rounds: usize) -> Fallible<()> {
    for stream in 0..STREAMS {
        arrived(app, &account(stream), ends_at).await?;
    }
    let rate = (ends_at * STREAMS as u64) as f64 / started.elapsed().as_secs_f64();
    let mut samples = Samples::default();
    for round in 0..rounds {
        let key = account(round % STREAMS);
        let version = app.execute(&key, deposit(round as u64)).await?.version;
        samples.time(arrived(app, &key, version.get())).await?;
    }
    let [p50, p99] = [50, 99].map(|percent| samples.percentile(percent) / 1e3);
    println!("{what:<24} {rate:>10.0} {p50:>8.0} {p99:>8.0}");
    Ok(())
}

async fn arrived(app: &App, key: &AccountKey, commits: u64) -> Fallible<()> {
    // The first commit opens the account, each later one is a line.
    while app.view::<Statement>(key).await?.is_none_or(|view| (view.lines.len() as u64) < commits - 1) {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn account(stream: usize) -> AccountKey {
    bank::account(&format!("{stream:04}"))
}
