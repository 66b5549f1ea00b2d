//! What the pages of the console ask of a small and of a large store: a section for `docs/benchmarks.md`, on stdout.
//!
//! `cargo bench -p cqrs-benches --bench console`; a number after `--` is the commits of the large one, 1,000,000 by default.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use cqrs_console::Console;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Cost, Dynamo};
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use client::Client;
use file::File;

#[allow(dead_code, reason = "the tests of the console use all of it")]
#[path = "../cqrs-console/tests/server/support/client.rs"]
mod client;
#[path = "replay/file.rs"]
mod file;
#[allow(dead_code, reason = "the replay uses all of it")]
#[path = "replay/order.rs"]
mod order;

const COMMITS: u64 = 1_000_000;
const SMALL: u64 = 1_000;
/// The number of commits in a stream.
const EACH: u64 = 10;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A page, what it took, and how many commits it says that were read for it.
struct Line {
    page: &'static str,
    cost: Cost,
    read: Option<u64>,
    milliseconds: f64,
}

fn main() -> Fallible<()> {
    let commits = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(COMMITS);
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let (small, large) = runtime.block_on(async {
        Ok::<_, Box<dyn Error + Send + Sync>>((pages(SMALL).await?, pages(commits).await?))
    })?;
    println!("{}", section(commits, &small, &large)?);
    Ok(())
}

async fn pages(commits: u64) -> Fallible<Vec<Line>> {
    let file = File::new("console");
    let started = Instant::now();
    file.fill(commits, EACH).await?;
    eprintln!("{commits} commits filled in {:.0?}", started.elapsed());
    let dynamo = Dynamo::embedded(file.path()).await?;
    let app = App::builder(&dynamo).build()?;
    let bound = Console::new(&app).bind().await?;
    let (url, address) = (bound.url(), bound.address());
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(async { ended.await.unwrap_or_default() }));

    let mut client = Client::new(address);
    let token = url.split_once('?').map_or("", |(_, token)| token);
    let welcome = client.get(&format!("/?{token}")).await;
    let cookie = welcome.header("set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap_or_default();
    client.set("cookie", cookie.to_owned());

    let of = format!("entity=ORDER&tenant={}", order::tenant()?);
    let last = (commits / EACH).saturating_sub(1);
    let mut lines = Vec::new();
    for (page, target) in [
        ("overview", "/api/overview".to_owned()),
        ("tenants", "/api/tenants".to_owned()),
        ("50 streams", format!("/api/streams?{of}&limit=50")),
        (
            "50 streams by the beginning of their id",
            format!("/api/streams?{of}&limit=50&prefix={:05}", last / 100),
        ),
        ("one stream, now", format!("/api/stream/state?{of}&id={last:07}")),
        ("one stream, its steps", format!("/api/stream/steps?{of}&id={last:07}&limit=50")),
        ("one page of a correlation", format!("/api/related?tenant={}&correlation=none", order::tenant()?)),
        ("one view", format!("/api/view?projection=OrderSummary&tenant={}&id={last:07}", order::tenant()?)),
        ("dead letters of a subscriber", "/api/dead-letters?subscriber=OrderSummary".to_owned()),
        ("deadlines", "/api/timers".to_owned()),
        ("projections, with their lag", "/api/projections".to_owned()),
    ] {
        let (before, started) = (dynamo.cost(), Instant::now());
        let answer = client.get(&target).await;
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        let cost = dynamo.cost() - before;
        // A view that nothing was delivered to is not there; to find that out is what is measured.
        if answer.status >= 300 && answer.status != 404 {
            return Err(format!("{target}: {} {}", answer.status, answer.text()).into());
        }
        let answer: Value = serde_json::from_slice(&answer.body)?;
        lines.push(Line { page, cost, read: answer["readCommits"].as_u64(), milliseconds });
    }
    let _ = end.send(());
    running.await?;
    Ok(lines)
}

fn section(commits: u64, small: &[Line], large: &[Line]) -> Result<String, std::fmt::Error> {
    let mut table = String::from(
        "| page | commits | requests | read units | commits read | ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (small, large) in small.iter().zip(large) {
        for (commits, line, name) in [(SMALL, small, small.page), (commits, large, "")] {
            let read = line.read.map_or(String::new(), |read| read.to_string());
            let Line { cost, milliseconds, .. } = line;
            writeln!(
                table,
                "| {name} | {commits} | {} | {} | {read} | {milliseconds:.1} |",
                cost.requests + cost.stream_requests,
                cost.read_units
            )?;
        }
    }
    Ok(format!(
        "## What a page of the console costs\n\n\
         Each page once, on a small and on a large store: streams of {EACH} commits of one tenant, of about 450 bytes each, on an \
         embedded DynamoDB in a file; nothing was delivered yet. A page of streams or of a correlation has a `next` for the following \
         one. `cargo bench -p cqrs-benches --bench console`.\n\n{table}"
    ))
}
