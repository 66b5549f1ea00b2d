//! A replay beside the bare SDK that reads the same table, and the memory that it takes: a section of
//! `docs/benchmarks.md`, on stdout.
//!
//! `cargo bench -p cqrs-benches --bench replay`; a number after `--` is the commits of the largest table, 1,000,000 by
//! default. It runs itself again for each replay whose memory is taken, so that nothing else is in the process.

use std::env;
use std::error::Error;

use tokio::runtime::{Builder, Runtime};

mod bare;
mod memory;
mod order;
mod speed;

const COMMITS: u64 = 1_000_000;
/// So many of them at most are timed.
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
         A replay of {timed} commits of one event each, beside the bare SDK that reads the same pages and does not look at \
         them. A replay also writes what it has rebuilt: the second line of each length does so, too. \
         `cargo bench -p cqrs-benches --bench replay`.\n\n{speed}\n\
         By how many megabytes the memory of the process grows at most during a replay, the embedded database in it \
         included:\n\n{memory}\n\
         Method: commits of about 450 bytes in one tenant, whose replay is a paged Query; pages of 1 MB, requests one after \
         the other for pages and 8 at a time for views, by the SDK as by the replay. On an embedded DynamoDB in memory, \
         all lines of one length in turns, medians of {rounds} rounds after one that counts for nothing; requests as they go out, \
         those for pages and checkpoints included. A replay writes 25 views with one request (BatchExecuteStatement). Views across \
         streams are {customers} totals per customer; one transaction takes up to 100 fences and views. Memory: on an embedded DynamoDB in a file, each replay in a process of its own: \
         `VmHWM` of Linux at its end without `VmRSS` at its beginning.",
        rounds = speed::ROUNDS,
        customers = order::CUSTOMERS,
    )
}
