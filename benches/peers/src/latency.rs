//! One cold command and the bare SDK requests, in turns.

use cqrs_benches::account::AccountKey;
use cqrs_benches::floor;
use cqrs_benches::samples::Samples;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};

use crate::TENANT;
use crate::system::{Fallible, Kind, Outcome};

/// Commits of a stream before a command is timed on it, and how many are timed.
const PRIOR: [(u64, u64); 4] = [(0, 1_000), (20, 600), (200, 300), (2_000, 102)];
/// The number of commands on one stream that do not make it noticeably longer: 1 for each 40 commits.
const GROWTH: u64 = 40;

const KINDS: [Kind; 6] = [
    Kind::Ours,
    Kind::CqrsEs,
    Kind::Adapter,
    Kind::OursSnapshots,
    Kind::CqrsEsSnapshots,
    Kind::AdapterSnapshots,
];

pub async fn section() -> Fallible<String> {
    let mut table = String::from(
        "| commits before | | p50 µs | p99 µs | p50 ÷ floor |\n| ---: | --- | ---: | ---: | ---: |\n",
    );
    warm(&mut table).await?;
    for (prior, rounds) in PRIOR {
        cold(&mut table, prior, rounds).await?;
    }
    Ok(table)
}

async fn warm(table: &mut String) -> Fallible<()> {
    let database = Embedded::in_memory()?;
    let floor = Floor::open().await?;
    let stream = floor.stream("1")?;
    Kind::Ours.create_tables(&database.sdk_config()).await?;
    let process = Kind::Ours.open(&database.sdk_config()).await?;
    process.execute("1", 1).await?;
    let (mut bare, mut command) = (Samples::default(), Samples::default());
    for version in 1..=PRIOR[0].1 {
        bare.time(floor::put_item(&floor.dynamo, &stream, version)).await?;
        command.time(process.execute("1", 1)).await?;
    }
    row(table, "warm", "floor: bare SDK, PutItem", &bare, &bare);
    row(table, "", Kind::Ours.name(), &command, &bare);
    Ok(())
}

async fn cold(table: &mut String, prior: u64, rounds: u64) -> Fallible<()> {
    let floor = Floor::open().await?;
    let mut bare = Samples::default();
    let mut lanes = Vec::new();
    for kind in KINDS {
        let database = Embedded::in_memory()?;
        kind.create_tables(&database.sdk_config()).await?;
        lanes.push((kind, database, Samples::default()));
    }
    let (each, mut turn) = (1 + prior / GROWTH, 0);
    for number in 0..rounds.div_ceil(each) {
        let name = format!("stream-{number}");
        let stream = floor.stream(&name)?;
        if prior > 0 {
            floor::fill(&floor.dynamo, &stream, 1..=prior).await?;
        }
        for (kind, database, _) in &lanes {
            kind.open(&database.sdk_config()).await?.fill(&name, prior).await?;
        }
        for version in prior + 1..=prior + each {
            // Each round begins with another one: earlier work may be in the processor's caches.
            for place in 0..=lanes.len() {
                let place = (place + turn) % (lanes.len() + 1);
                let Some((kind, database, samples)) = lanes.get_mut(place) else {
                    let requests = async {
                        floor::query(&floor.dynamo, &stream).await?;
                        floor::put_item(&floor.dynamo, &stream, version).await
                    };
                    bare.time(requests).await?;
                    continue;
                };
                // A process that has not seen the stream.
                let process = kind.open(&database.sdk_config()).await?;
                let outcome = samples.time(process.execute(&name, 1)).await?;
                assert!(outcome == Outcome::Done, "nobody else writes");
            }
            turn += 1;
        }
    }
    row(table, &prior.to_string(), "floor: bare SDK, Query and PutItem", &bare, &bare);
    for (kind, _, samples) in &lanes {
        row(table, "", kind.name(), samples, &bare);
    }
    Ok(())
}

/// The bare SDK on tables of this project.
struct Floor {
    dynamo: Dynamo,
    tenant: Tenant,
}

impl Floor {
    async fn open() -> Fallible<Self> {
        let dynamo = Dynamo::embedded_in_memory().await?;
        floor::without_stream(&dynamo).await?;
        Ok(Self { dynamo, tenant: Tenant::new(TENANT)? })
    }

    fn stream(&self, name: &str) -> Fallible<cqrs_core::StreamKey> {
        Ok(AccountKey::new(&self.tenant, name).stream()?)
    }
}

fn row(table: &mut String, before: &str, name: &str, samples: &Samples, floor: &Samples) {
    let [p50, p99] = [50, 99].map(|percent| samples.percentile(percent));
    let ratio = p50 / floor.percentile(50);
    *table += &format!("| {before} | {name} | {p50:.0} | {p99:.0} | {ratio:.2} |\n");
}
