//! How much memory a replay takes: each in a separate process, on a table that was filled before.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_benches::floor::Item;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use dynoxide::{Database, ImportOptions};

use crate::Fallible;
use crate::order::{self, CustomerTotal, OrderSummary};

/// The first argument of a process that is started for one replay.
pub(crate) const CHILD: &str = "memory";
/// The number of items in one transaction.
const AT_ONCE: usize = 10_000;
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
            let file = File::new();
            let started = Instant::now();
            fill(&file.0, commits, shape.unwrap_or(commits)).await?;
            eprintln!("{commits} commits filled in {:.0?}", started.elapsed());
            for (projection, grown) in ["OrderSummary", "CustomerTotal"].iter().zip(&mut grown) {
                let started = Instant::now();
                let kilobytes = measure(projection, &file.0)?;
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

/// Fills the events table of a new database without the SDK: single commits that each wait for the disk take a thousand times
/// longer.
async fn fill(file: &Path, commits: u64, each: u64) -> Fallible<()> {
    let table = Dynamo::embedded(file).await?.tables().events.clone();
    let database = Database::new(file.to_str().ok_or("the path of the target folder is not UTF-8")?)?;
    let mut items = order::commits(commits, each).map(stored_item).peekable();
    while items.peek().is_some() {
        let some = items.by_ref().take(AT_ONCE).collect();
        database.import_items(&table, some, ImportOptions::default())?;
    }
    Ok(())
}

fn stored_item(item: Item) -> dynoxide::Item {
    item.into_iter().map(|(name, value)| (name, stored(value))).collect()
}

fn stored(value: AttributeValue) -> dynoxide::AttributeValue {
    match value {
        AttributeValue::S(text) => dynoxide::AttributeValue::S(text),
        AttributeValue::N(number) => dynoxide::AttributeValue::N(number),
        AttributeValue::M(fields) => dynoxide::AttributeValue::M(stored_item(fields)),
        _ => dynoxide::AttributeValue::NULL(true),
    }
}

fn measure(projection: &str, file: &Path) -> Fallible<u64> {
    let output = Command::new(env::current_exe()?).arg(CHILD).arg(projection).arg(file).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().map_err(|_| {
        format!("the replay of `{projection}` failed: {}", String::from_utf8_lossy(&output.stderr)).into()
    })
}

/// The embedded database of one table, removed with this value.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        let file =
            Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{}.db", std::process::id())));
        file.remove();
        file
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(suffix);
            // A missing file need not be removed.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}
