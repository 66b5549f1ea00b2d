//! A load of a long stream from its snapshot beside a load of a short stream, on one embedded DynamoDB, in turns.
//!
//! `cargo bench -p cqrs-benches --bench snapshot` prints a section of `docs/benchmarks.md`; two numbers after `--` are the
//! commits of the long stream, 10,000 by default, and the rounds, 2,000 by default.

use std::error::Error;
use std::fmt::Write;

use cqrs_benches::samples::Samples;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_dynamo::{Cost, Dynamo};

const COMMITS: usize = 10_000;
const ROUNDS: usize = 2_000;
/// The short stream has so many.
const SHORT: usize = 10;
/// Commits after the last snapshot.
const TAILS: [usize; 4] = [0, 1, 10, 99];
/// A process that has never seen the stream is set up for each load.
const FIRST_ROUNDS: usize = 200;
/// A whole stream takes its time.
const WHOLE_ROUNDS: usize = 5;

const METHOD: &str = "
Method: streams written by commands on an embedded DynamoDB in memory, so that there is no network in it; an event of \
about 500 bytes as stored. Both streams are loaded in turns, by a process that has loaded them before, medians of so many \
rounds as were asked for (2,000 by default). A load is a `GetItem` for the snapshot and a `Query` for what follows it, \
sent at the same time: one round trip, and both ask for a consistent read. The `Query` begins at the snapshot that the \
process has seen last, so a load reads the commits that came after it, and that of the snapshot itself, which tells \
whether both belong together; a process that has seen none reads the last commits of the stream, as many as lie between \
two snapshots, and leaves out those that the snapshot has in it. A stream shorter than the distance of \
snapshots has none, and the `GetItem` finds nothing. Without snapshots the long stream is read in pages of 1 MB, one \
after the other. That the state from the snapshot is that of the full fold, whose `apply` is not idempotent, is compared \
in each run.
";

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Puts money in.
pub(crate) struct Deposit;

/// One account with snapshots at one distance. The fold is not idempotent.
macro_rules! account {
    ($module:ident, $entity:tt, $event:tt, $every:tt) => {
        mod $module {
            use cqrs_core::prelude::*;

            use super::Deposit;

            #[event(name = $event)]
            pub(crate) struct Deposited {
                pub(crate) cents: u64,
                pub(crate) note: String,
            }

            #[aggregate(entity = $entity, snapshot_every = $every)]
            #[derive(Debug, Default, PartialEq)]
            pub(crate) struct Account {
                pub(crate) balance: u64,
                pub(crate) digest: u64,
            }

            #[aggregate]
            impl Account {
                #[command]
                fn deposit(&self, _: &Deposit) -> Result<Deposited, std::convert::Infallible> {
                    Ok(Deposited { cents: self.balance % 7 + 1, note: "x".repeat(200) })
                }

                #[apply]
                fn deposited(&mut self, event: &Deposited) {
                    self.balance += event.cents;
                    self.digest = self.digest.wrapping_mul(31).wrapping_add(event.cents);
                }
            }
        }
    };
}

account!(every_100, "ACCOUNT_100", "Deposited100", 100);
account!(every_10, "ACCOUNT_10", "Deposited10", 10);

/// Measures one of them.
macro_rules! measure {
    ($table:expr, $module:ident, $every:literal, $commits:expr, $rounds:expr) => {{
        use $module::AccountKey;
        let dynamo = Dynamo::embedded_in_memory().await?;
        let (writer, reader) = (app(&dynamo)?, app(&dynamo)?);
        let tenant = Tenant::new("BANK")?;
        let (short, long) = (AccountKey::new(&tenant, "short"), AccountKey::new(&tenant, "long"));
        eprintln!("snapshot_every = {}: writing {} commits", $every, $commits);
        for _ in 0..SHORT {
            writer.execute(&short, Deposit).await?;
        }
        for _ in 0..$commits {
            writer.execute(&long, Deposit).await?;
        }
        let mut after = 0;
        for tail in TAILS.into_iter().filter(|tail| *tail < $every) {
            for _ in after..tail {
                writer.execute(&long, Deposit).await?;
            }
            after = tail;
            let (mut ten, mut many) = (Load::default(), Load::default());
            for round in 0..=$rounds {
                let loads = [(&mut ten, &short), (&mut many, &long)];
                for (load, key) in loads {
                    load.time(&dynamo, round > 0, async { reader.load(key).await }).await?;
                }
            }
            row($table, $every, &format!("{tail}"), &ten, &many)?;
        }
        // A process that has never seen the streams.
        let (mut ten, mut many) = (Load::default(), Load::default());
        for _ in 0..FIRST_ROUNDS.min($rounds) {
            let fresh = app(&dynamo)?;
            for (load, key) in [(&mut ten, &short), (&mut many, &long)] {
                load.time(&dynamo, true, async { fresh.load(key).await }).await?;
            }
        }
        row($table, $every, &format!("{after}, first load of a process"), &ten, &many)?;
        // And what it would be without the snapshot, which is also what it has to come to.
        let bare = App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new()).build()?;
        let (mut ten, mut full) = (Load::default(), Load::default());
        let whole = full.time(&dynamo, true, async { bare.load(&long).await }).await?;
        if whole != reader.load(&long).await? {
            return Err("the state from the snapshot is not the full fold".into());
        }
        for _ in 0..WHOLE_ROUNDS.min($rounds) {
            for (load, key) in [(&mut ten, &short), (&mut full, &long)] {
                load.time(&dynamo, true, async { bare.load(key).await }).await?;
            }
        }
        row($table, $every, "all: without the snapshot", &ten, &full)?;
    }};
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let commits = numbers.next().unwrap_or(COMMITS);
    let rounds = numbers.next().unwrap_or(ROUNDS);
    let mut section = format!(
        "## How long a load from a snapshot takes\n\n\
         A load of a stream of {commits} commits beside a load of a stream of {SHORT}, right after a snapshot and with \
         commits behind it: what it costs does not grow with the stream, only with the commits behind the snapshot. Read \
         the ratios. `cargo bench -p cqrs-benches --bench snapshot`.\n\n\
         | snapshot every | commits behind it | requests: {SHORT} commits | {commits} | read units: {SHORT} commits | \
         {commits} | p50 µs: {SHORT} commits | {commits} | p50 ÷ {SHORT} commits |\n\
         | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    );
    measure!(&mut section, every_100, 100, commits, rounds);
    measure!(&mut section, every_10, 10, commits, rounds);
    print!("{section}{METHOD}");
    Ok(())
}

fn app(dynamo: &Dynamo) -> Fallible<App> {
    Ok(App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).build()?)
}

/// Loads of one stream.
#[derive(Default)]
struct Load {
    times: Samples,
    loads: f64,
    cost: Cost,
}

impl Load {
    /// Times a load; one that does not count is to warm up.
    async fn time<T>(
        &mut self,
        dynamo: &Dynamo,
        counts: bool,
        load: impl Future<Output = Result<T, cqrs_core::StoreError>>,
    ) -> Fallible<T> {
        if !counts {
            return Ok(load.await?);
        }
        let before = dynamo.cost();
        let loaded = self.times.time(load).await?;
        let spent = dynamo.cost() - before;
        self.loads += 1.0;
        self.cost.requests += spent.requests;
        self.cost.read_units += spent.read_units;
        Ok(loaded)
    }

    fn requests(&self) -> f64 {
        self.cost.requests as f64 / self.loads
    }

    fn read_units(&self) -> f64 {
        self.cost.read_units / self.loads
    }
}

/// One line of the table.
fn row(table: &mut String, every: u64, behind: &str, short: &Load, long: &Load) -> Fallible<()> {
    let (short_p50, long_p50) = (short.times.percentile(50), long.times.percentile(50));
    writeln!(
        table,
        "| {every} | {behind} | {:.2} | {:.2} | {:.2} | {:.2} | {short_p50:.0} | {long_p50:.0} | {:.2} |",
        short.requests(),
        long.requests(),
        short.read_units(),
        long.read_units(),
        long_p50 / short_p50,
    )?;
    Ok(())
}
