//! A load of a long stream from a stored state, and a load of a short stream, on one embedded DynamoDB, in turns.
//!
//! `cargo bench -p cqrs-benches --bench snapshot` prints a section of `docs/benchmarks.md`; two numbers after `--` are the
//! commits of the long stream, 10,000 by default, and the rounds, 2,000 by default.

use std::convert::Infallible;
use std::error::Error;
use std::fmt::{self, Write};

use cqrs_benches::samples::Samples;
use cqrs_core::command::Decide;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_dynamo::{Cost, Dynamo};

const COMMITS: usize = 10_000;
const ROUNDS: usize = 2_000;
/// The commits of the short stream.
const SHORT: usize = 10;
/// Commits after the last state.
const TAILS: [u64; 5] = [0, 1, 5, 10, 99];
/// A process that has never seen the stream is set up for each load.
const FIRST_ROUNDS: usize = 200;
/// Reading a whole stream takes long.
const WHOLE_ROUNDS: usize = 5;

/// The number of commits between two that carry a state, if that costs nothing.
const STEP: u64 = 6;
/// Dollars per million units on demand, us-east-1 (Amazon DynamoDB, "Pricing for on-demand capacity").
const READ_PRICE: f64 = 0.125;
const WRITE_PRICE: f64 = 0.625;

const METHOD: &str = "
Method: commands write the streams on an embedded DynamoDB in memory, so without a network; a stored event has about 500 \
bytes. Both streams are loaded in turns, by a process that has loaded them before; medians of the requested number of rounds \
(2,000 by default). In commits: every sixth commit carries the state, and a load is one consistent `Query` of the last \
commits, which begins at the state that the process has seen last, or reads the last six. In the table \
(`Settings::state_in_commit_bytes` is 0 here; by default states over 4 KB are there): a load is a `GetItem` for the snapshot \
and a `Query` for what follows it, sent at the same time. The `Query` begins at the commit of the snapshot that the process \
has seen last, which proves that both belong together; a process that has seen no snapshot reads as many commits as lie \
between two snapshots. Without a state the long stream is read in pages of 1 MB, one after another. Each run checks that the \
stored state equals that of the full fold, whose `apply` is not idempotent. Commands come from 200 new processes, one from \
each; DynamoDB's prices in us-east-1, without anything else.
";

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Deposits money.
pub(crate) struct Deposit;

/// An account with one snapshot distance. The fold is not idempotent.
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

/// Measures one account type, with its states in the commits or in the table `snapshots`.
macro_rules! measure {
    ($table:expr, $module:ident, $every:literal, $place:expr, $commits:expr, $rounds:expr) => {{
        use $module::AccountKey;
        let place: Place = $place;
        let dynamo = Dynamo::embedded_in_memory().await?;
        let (writer, reader) = (app(&dynamo, place)?, app(&dynamo, place)?);
        let tenant = Tenant::new("BANK")?;
        let (short, long) = (AccountKey::new(&tenant, "short"), AccountKey::new(&tenant, "long"));
        eprintln!("snapshot_every = {}, {place}: writing {} commits", $every, $commits);
        for _ in 0..SHORT {
            writer.execute(&short, Deposit).await?;
        }
        for _ in 0..$commits {
            writer.execute(&long, Deposit).await?;
        }
        // The last commit is not the one that carries a state.
        let mut after = if place == Place::Commits { $commits as u64 % STEP } else { 0 };
        let tails = TAILS.into_iter().filter(|tail| *tail < place.distance($every) && *tail >= after);
        for tail in tails.collect::<Vec<_>>() {
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
            row($table, place, $every, &format!("{tail}"), &ten, &many)?;
        }
        // A process that has never seen the streams.
        let (mut ten, mut many) = (Load::default(), Load::default());
        for _ in 0..FIRST_ROUNDS.min($rounds) {
            let fresh = app(&dynamo, place)?;
            for (load, key) in [(&mut ten, &short), (&mut many, &long)] {
                load.time(&dynamo, true, async { fresh.load(key).await }).await?;
            }
        }
        row($table, place, $every, &format!("{after}, first load of a process"), &ten, &many)?;
        // The same without the state, whose result the stored state must equal.
        let bare = App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new());
        let bare = bare.settings(|settings| settings.state_in_commit_bytes = 0).build()?;
        let (mut ten, mut full) = (Load::default(), Load::default());
        let whole = full.time(&dynamo, true, async { bare.load(&long).await }).await?;
        if whole != reader.load(&long).await? {
            return Err("the state that was stored is not the full fold".into());
        }
        for _ in 0..WHOLE_ROUNDS.min($rounds) {
            for (load, key) in [(&mut ten, &short), (&mut full, &long)] {
                load.time(&dynamo, true, async { bare.load(key).await }).await?;
            }
        }
        row($table, place, $every, "all: without a state", &ten, &full)?;
        commands(&dynamo, place, $rounds, &long, |round| AccountKey::new(&tenant, format!("new-{round}")))
            .await?
    }};
}

/// Commands in new processes: the first one of a stream, and one on the long stream.
async fn commands<K>(
    dynamo: &Dynamo,
    place: Place,
    rounds: usize,
    long: &K,
    new: impl Fn(usize) -> K,
) -> Fallible<[Cost; 2]>
where
    K: AggregateKey<Aggregate: Decide<Deposit, Rejection = Infallible>>,
{
    let (mut first, mut after) = (Cost::default(), Cost::default());
    let rounds = FIRST_ROUNDS.min(rounds);
    for round in 0..rounds {
        let new = new(round);
        for (spent, key) in [(&mut first, &new), (&mut after, long)] {
            let fresh = app(dynamo, place)?;
            let before = dynamo.cost();
            fresh.execute(key, Deposit).await?;
            let cost = dynamo.cost() - before;
            spent.requests += cost.requests;
            spent.read_units += cost.read_units;
            spent.write_units += cost.write_units;
        }
    }
    Ok([first, after])
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let commits = numbers.next().unwrap_or(COMMITS);
    let rounds = numbers.next().unwrap_or(ROUNDS);
    let mut section = format!(
        "## How long a load from a stored state takes\n\n\
         A load of a stream of {commits} commits compared with a load of a stream of {SHORT}, with the given number of commits \
         after \
         the last stored state. Read the ratios. `cargo bench -p cqrs-benches --bench snapshot`.\n\n\
         | states in | snapshot every | commits behind it | requests: {SHORT} commits | {commits} | read units: {SHORT} commits | \
         {commits} | p50 µs: {SHORT} commits | {commits} | p50 ÷ {SHORT} commits |\n\
         | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    );
    let in_commits = measure!(&mut section, every_100, 100, Place::Commits, commits, rounds);
    let in_table = measure!(&mut section, every_100, 100, Place::Table, commits, rounds);
    measure!(&mut section, every_10, 10, Place::Table, commits, rounds);
    write!(
        section,
        "\nA command in a process that knows nothing about the stream, on average:\n\n\
         | states in | stream | requests | read units | write units | $ per million |\n\
         | --- | --- | ---: | ---: | ---: | ---: |\n"
    )?;
    let count = FIRST_ROUNDS.min(rounds) as f64;
    for (place, costs) in [(Place::Commits, in_commits), (Place::Table, in_table)] {
        for (stream, cost) in ["empty".to_owned(), format!("after {commits} commits")].into_iter().zip(costs)
        {
            let (requests, reads, writes) =
                (cost.requests as f64 / count, cost.read_units / count, cost.write_units / count);
            let dollars = reads * READ_PRICE + writes * WRITE_PRICE;
            writeln!(
                section,
                "| {place} | {stream} | {requests:.2} | {reads:.2} | {writes:.2} | {dollars:.2} |"
            )?;
        }
    }
    print!("{section}{METHOD}");
    Ok(())
}

fn app(dynamo: &Dynamo, place: Place) -> Fallible<App> {
    let builder = App::builder(dynamo.event_store()).snapshots(dynamo.snapshots());
    Ok(match place {
        Place::Commits => builder,
        Place::Table => builder.settings(|settings| settings.state_in_commit_bytes = 0),
    }
    .build()?)
}

/// Where the states are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Commits,
    Table,
}

impl Place {
    /// The most commits from one state to the next.
    fn distance(self, every: u64) -> u64 {
        match self {
            Self::Commits => every.min(STEP),
            Self::Table => every,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commits => "commits",
            Self::Table => "table",
        })
    }
}

/// The loads of one stream.
#[derive(Default)]
struct Load {
    times: Samples,
    loads: f64,
    cost: Cost,
}

impl Load {
    /// Times a load; an uncounted one warms up.
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
fn row(
    table: &mut String,
    place: Place,
    every: u64,
    behind: &str,
    short: &Load,
    long: &Load,
) -> Fallible<()> {
    let (short_p50, long_p50) = (short.times.percentile(50), long.times.percentile(50));
    writeln!(
        table,
        "| {place} | {every} | {behind} | {:.2} | {:.2} | {:.2} | {:.2} | {short_p50:.0} | {long_p50:.0} | {:.2} |",
        short.requests(),
        long.requests(),
        short.read_units(),
        long.read_units(),
        long_p50 / short_p50,
    )?;
    Ok(())
}
