//! How much memory a replay takes: each in a separate process, on a table that was filled before.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

use crate::Fallible;
use crate::file::File;
use crate::order::{self, CustomerTotal, OrderSummary};

/// The first argument of a process that is started for one replay.
pub(crate) const CHILD: &str = "memory";
/// The number of commits in each stream; `None` for one stream with all commits.
const SHAPES: [Option<u64>; 2] = [Some(100), None];

/// The work of a process that was started for one replay: prints the largest growth of its memory in kilobytes.
pub(crate) async fn child(projection: &str, file: &str) -> Fallible<()> {
    let dynamo = Dynamo::embedded(file).await?;
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    let tenant = order::tenant()?;
    let before = status("VmRSS")?;
    match projection {
        "OrderSummary" => app.replay::<OrderSummary>().tenant(&tenant).await?,
        _ => app.replay::<CustomerTotal>().tenant(&tenant).await?,
    };
    println!("{}", status("VmHWM")?.saturating_sub(before));
    Ok(())
}

/// A line of Linux's status of this process, in kilobytes.
fn status(name: &str) -> Fallible<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let line = line.ok_or_else(|| format!("`/proc/self/status` has no `{name}`"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The section's table, for tables of these sizes.
pub(crate) async fn table(sizes: [u64; 3]) -> Fallible<String> {
    let heads: Vec<String> = sizes.iter().map(|commits| format!("{commits} commits, MB")).collect();
    let mut table =
        format!("| streams | | {} |\n| --- | ---{} |\n", heads.join(" | "), " | ---:".repeat(sizes.len()));
    for shape in SHAPES {
        let mut grown = [const { Vec::new() }; 2];
        for commits in sizes {
            let file = File::new("replay");
            let started = Instant::now();
            file.fill(commits, shape.unwrap_or(commits)).await?;
            eprintln!("{commits} commits filled in {:.0?}", started.elapsed());
            for (projection, grown) in ["OrderSummary", "CustomerTotal"].iter().zip(&mut grown) {
                let started = Instant::now();
                let kilobytes = measure(projection, file.path())?;
                eprintln!("{projection} of {commits} commits in {:.0?}: {kilobytes} kB", started.elapsed());
                grown.push(kilobytes);
            }
        }
        for (name, grown) in ["replay, a view per stream", "replay, views across streams"].iter().zip(grown) {
            let streams =
                shape.map_or("one with all commits".to_owned(), |each| format!("of {each} commits"));
            let figures: Vec<String> =
                grown.iter().map(|kilobytes| format!("{:.1}", *kilobytes as f64 / 1024.0)).collect();
            writeln!(table, "| {streams} | {name} | {} |", figures.join(" | "))?;
        }
    }
    Ok(table)
}

fn measure(projection: &str, file: &Path) -> Fallible<u64> {
    let output = Command::new(env::current_exe()?).arg(CHILD).arg(projection).arg(file).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().map_err(|_| {
        format!("the replay of `{projection}` failed: {}", String::from_utf8_lossy(&output.stderr)).into()
    })
}
