//! A replay and the bare SDK that reads the same table, and the memory of a replay: a section of `docs/benchmarks.md`, on stdout.
//!
//! `cargo bench -p cqrs-benches --bench replay`; a number after `--` is the commits of the largest table, 1,000,000 by default.
//! It runs itself again for each replay whose memory is measured, so that nothing else is in the process.

use std::env;
use std::error::Error;

use tokio::runtime::{Builder, Runtime};

mod bare;
mod file;
mod memory;
mod order;
mod speed;

const COMMITS: u64 = 1_000_000;
/// The most commits that are timed.
const TIMED: u64 = 20_000;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [kind, projection, file] = arguments.as_slice()
        && kind == memory::CHILD
    {
        return runtime()?.block_on(memory::child(projection, file));
    }
    runtime()?.block_on(take(&arguments))
}

fn runtime() -> Fallible<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

async fn take(arguments: &[String]) -> Fallible<()> {
    let commits = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(COMMITS).max(1_000);
    let timed = commits.min(TIMED);
    let (speed, memory) =
        (speed::table(timed).await?, memory::table([commits / 100, commits / 10, commits]).await?);
    println!("{}", section(timed, &speed, &memory));
    Ok(())
}

fn section(timed: u64, speed: &str, memory: &str) -> String {
    format!(
        "## How fast read models are rebuilt\n\n\
         A replay of {timed} commits of one event each, compared with the bare SDK that reads the same pages and ignores their \
         content. A replay also writes what it has rebuilt; so does the second line of each length. \
         `cargo bench -p cqrs-benches --bench replay`.\n\n{speed}\n\
         The largest growth of the process's memory during a replay, in megabytes, including the embedded \
         database:\n\n{memory}\n\
         Method: commits of about 450 bytes in one tenant, whose replay is a paged Query; pages of 1 MB; requests one after \
         another for pages and 8 at a time for views, for the SDK and for the replay. On an embedded DynamoDB in memory, \
         with all lines of one length in turns; medians of {rounds} rounds after a warm-up round; requests as sent, including \
         those for pages and checkpoints. A replay writes 25 views with one request (BatchExecuteStatement). Views across \
         streams are {customers} totals per customer; one transaction takes up to 100 fences and views. Memory: on an embedded \
         DynamoDB in a file, with a process for each replay: \
         `VmHWM` of Linux at its end without `VmRSS` at its beginning.",
        rounds = speed::ROUNDS,
        customers = order::CUSTOMERS,
    )
}
