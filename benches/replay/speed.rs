//! Events per second of replays, and of the bare SDK that reads and writes the same.

use std::fmt::Write;
use std::time::Instant;

use cqrs_benches::floor;
use cqrs_benches::median::median;
use cqrs_core::prelude::*;
use cqrs_core::projection::Projection;
use cqrs_dynamo::Dynamo;

use crate::order::{self, CustomerTotal, OrderSummary};
use crate::{Fallible, bare};

/// The bench takes each line so often.
pub(crate) const ROUNDS: usize = 5;
/// Commits of a stream.
const EACH: [u64; 3] = [200, 20, 5];
const NAMES: [&str; 4] = [
    "bare SDK, Query",
    "bare SDK, Query and a PutItem per stream",
    "replay, a view per stream",
    "replay, views across streams",
];

/// The table, for so many commits.
pub(crate) async fn table(commits: u64) -> Fallible<String> {
    let mut table = "| commits of a stream | | events per second | ÷ Query | ÷ Query and PutItem |\n\
                     | ---: | --- | ---: | ---: | ---: |\n"
        .to_owned();
    for each in EACH {
        let [query, put, own, across] = medians(commits, each).await?;
        let put_ratio = |time: f64| format!("{:.2}", put / time);
        let lines =
            [(query, String::new()), (put, put_ratio(put)), (own, put_ratio(own)), (across, String::new())];
        for (name, (time, put_ratio)) in NAMES.iter().zip(lines) {
            let (rate, ratio) = (commits as f64 / time, query / time);
            writeln!(table, "| {each} | {name} | {rate:.0} | {ratio:.2} | {put_ratio} |")?;
        }
    }
    Ok(table)
}

/// Seconds of each line, in turns, so that a drift of the machine meets all of them.
async fn medians(commits: u64, each: u64) -> Fallible<[f64; 4]> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    floor::without_stream(&dynamo).await?;
    floor::put_all(&dynamo, order::commits(commits, each)).await?;
    let mut times = [const { Vec::new() }; 4];
    // The first round makes the items that the others write over.
    for round in 0..=ROUNDS {
        let taken = [
            timed(bare::query(&dynamo)).await?,
            timed(bare::query_and_put(&dynamo, each, round as u64 + 1)).await?,
            timed(replay::<OrderSummary>(&dynamo)).await?,
            timed(replay::<CustomerTotal>(&dynamo)).await?,
        ];
        eprintln!("{commits} commits, {each} each: {taken:.2?}");
        for (times, (seconds, read)) in times.iter_mut().zip(taken) {
            if read != commits {
                return Err(format!("{read} of {commits} commits were read").into());
            }
            if round > 0 {
                times.push(seconds);
            }
        }
    }
    Ok(times.map(median))
}

async fn timed(read: impl Future<Output = Fallible<u64>>) -> Fallible<(f64, u64)> {
    let started = Instant::now();
    let commits = read.await?;
    Ok((started.elapsed().as_secs_f64(), commits))
}

/// A replay by a process that remembers nothing.
async fn replay<P: Projection>(dynamo: &Dynamo) -> Fallible<u64> {
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    Ok(app.replay::<P>().tenant(&order::tenant()?).await?.commits)
}
