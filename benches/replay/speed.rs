//! Events per second of replays, and of the bare SDK that reads and writes the same data.

use std::fmt::Write;
use std::time::Instant;

use cqrs_benches::floor;
use cqrs_benches::median::median;
use cqrs_core::prelude::*;
use cqrs_core::projection::Projection;
use cqrs_dynamo::Dynamo;

use crate::order::{self, CustomerTotal, OrderSummary};
use crate::{Fallible, bare};

/// How often the bench measures each line.
pub(crate) const ROUNDS: usize = 5;
/// Commits of a stream.
const EACH: [u64; 3] = [200, 20, 5];
const NAMES: [&str; 4] = [
    "bare SDK, Query",
    "bare SDK, Query and a PutItem per stream",
    "replay, a view per stream",
    "replay, views across streams",
];

/// The table, for a number of commits.
pub(crate) async fn table(commits: u64) -> Fallible<String> {
    let mut table = "| commits of a stream | | events per second | ÷ Query | ÷ Query and PutItem | requests per stream |\n\
                     | ---: | --- | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for each in EACH {
        let ([query, put, own, across], requests) = medians(commits, each).await?;
        let put_ratio = |time: f64| format!("{:.2}", put / time);
        let lines =
            [(query, String::new()), (put, put_ratio(put)), (own, put_ratio(own)), (across, String::new())];
        let streams = commits.div_ceil(each) as f64;
        for ((name, requests), (time, put_ratio)) in NAMES.iter().zip(requests).zip(lines) {
            let (rate, ratio) = (commits as f64 / time, query / time);
            let requests = requests as f64 / streams;
            writeln!(table, "| {each} | {name} | {rate:.0} | {ratio:.2} | {put_ratio} | {requests:.2} |")?;
        }
    }
    Ok(table)
}

/// Seconds of each line, in turns, so that drift of the machine affects all of them; and the requests of the last round.
async fn medians(commits: u64, each: u64) -> Fallible<([f64; 4], [u64; 4])> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    floor::without_stream(&dynamo).await?;
    floor::put_all(&dynamo, order::commits(commits, each)).await?;
    let (mut times, mut requests) = ([const { Vec::new() }; 4], [0; 4]);
    // The first round makes the items that the other rounds overwrite.
    for round in 0..=ROUNDS {
        let taken = [
            timed(&dynamo, bare::query(&dynamo)).await?,
            timed(&dynamo, bare::query_and_put(&dynamo, each, round as u64 + 1)).await?,
            timed(&dynamo, replay::<OrderSummary>(&dynamo)).await?,
            timed(&dynamo, replay::<CustomerTotal>(&dynamo)).await?,
        ];
        eprintln!("{commits} commits, {each} each: {taken:.2?}");
        requests = taken.map(|(_, _, requests)| requests);
        for (times, (seconds, read, _)) in times.iter_mut().zip(taken) {
            if read != commits {
                return Err(format!("{read} of {commits} commits were read").into());
            }
            if round > 0 {
                times.push(seconds);
            }
        }
    }
    Ok((times.map(median), requests))
}

/// Seconds, commits and requests.
async fn timed(dynamo: &Dynamo, read: impl Future<Output = Fallible<u64>>) -> Fallible<(f64, u64, u64)> {
    let (started, before) = (Instant::now(), dynamo.cost());
    let commits = read.await?;
    Ok((started.elapsed().as_secs_f64(), commits, (dynamo.cost() - before).requests))
}

/// A replay by a process with empty caches.
async fn replay<P: Projection>(dynamo: &Dynamo) -> Fallible<u64> {
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    Ok(app.replay::<P>().tenant(&order::tenant()?).await?.commits)
}
