//! One command and the bare SDK requests of it, on one embedded DynamoDB, in turns, so that drift of the machine affects both.
//!
//! `cargo bench -p cqrs-benches --bench latency`; a number after `--` is the rounds, 2,000 by default.

use std::error::Error;

use cqrs_benches::account::{AccountKey, deposit};
use cqrs_benches::floor;
use cqrs_benches::samples::Samples;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

const ROUNDS: usize = 2_000;
/// Commits of a stream before a cold command is timed on it.
const PRIOR: [u64; 4] = [0, 20, 200, 2_000];
/// The number of commands on one stream that do not make it noticeably longer: 1 for each 40 commits.
const GROWTH: u64 = 40;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let rounds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROUNDS);
    println!("microseconds                        p50      p99");
    warm(rounds).await?;
    for prior in PRIOR {
        // A longer stream takes longer.
        cold(prior, if prior < 200 { rounds } else { rounds / 10 }).await?;
    }
    Ok(())
}

/// The state is in memory: one `PutItem`.
async fn warm(rounds: usize) -> Fallible<()> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    floor::without_stream(&dynamo).await?;
    let app = App::builder(dynamo.event_store()).build()?;
    let tenant = Tenant::new("BANK")?;
    let key = AccountKey::new(&tenant, "warm");
    let bare = AccountKey::new(&tenant, "bare").stream()?;
    let (mut command, mut put) = (Samples::default(), Samples::default());
    app.execute(&key, deposit()).await?;
    for round in 1..=rounds as u64 {
        command.time(app.execute(&key, deposit()).into_future()).await?;
        put.time(floor::put_item(&dynamo, &bare, round)).await?;
    }
    show("warm command", &command, "PutItem", &put);
    Ok(())
}

/// Nothing is in memory, and the stream has `prior` commits: `Query`, `PutItem`.
async fn cold(prior: u64, rounds: usize) -> Fallible<()> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    floor::without_stream(&dynamo).await?;
    let tenant = Tenant::new("BANK")?;
    let (mut command, mut bare) = (Samples::default(), Samples::default());
    let each = 1 + prior / GROWTH;
    for stream in 0..(rounds as u64).div_ceil(each) {
        let key = AccountKey::new(&tenant, format!("cold-{stream}"));
        let twin = AccountKey::new(&tenant, format!("bare-{stream}")).stream()?;
        if prior > 0 {
            floor::fill(&dynamo, &key.stream()?, 1..=prior).await?;
            floor::fill(&dynamo, &twin, 1..=prior).await?;
        }
        for version in prior + 1..=prior + each {
            // Another process each time.
            let app = App::builder(dynamo.event_store()).build()?;
            let requests = async {
                floor::query(&dynamo, &twin).await?;
                floor::put_item(&dynamo, &twin, version).await
            };
            // The first of the two finds the earlier work in the processor's caches.
            if (stream + version).is_multiple_of(2) {
                command.time(app.execute(&key, deposit()).into_future()).await?;
                bare.time(requests).await?;
            } else {
                bare.time(requests).await?;
                command.time(app.execute(&key, deposit()).into_future()).await?;
            }
        }
    }
    show(&format!("cold command after {prior}"), &command, "Query, PutItem", &bare);
    Ok(())
}

fn show(what: &str, ours: &Samples, floor: &str, bare: &Samples) {
    println!("{what:<26} {ours}");
    println!("  {floor:<24} {bare}   p50 ratio {:.3}", ours.percentile(50) / bare.percentile(50));
}
