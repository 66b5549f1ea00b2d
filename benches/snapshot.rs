//! A load of a long stream from its snapshot beside a load of a short stream, on one embedded DynamoDB, in turns.
//!
//! `cargo bench -p cqrs-benches --bench snapshot`; two numbers after `--` are the commits of the long stream, 10,000 by
//! default, and the rounds, 2,000 by default.

use std::error::Error;

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
    ($module:ident, $every:literal, $commits:expr, $rounds:expr) => {{
        use $module::AccountKey;
        let dynamo = Dynamo::embedded_in_memory().await?;
        let (writer, reader) = (app(&dynamo)?, app(&dynamo)?);
        let tenant = Tenant::new("BANK")?;
        let (short, long) = (AccountKey::new(&tenant, "short"), AccountKey::new(&tenant, "long"));
        for _ in 0..SHORT {
            writer.execute(&short, Deposit).await?;
        }
        for _ in 0..$commits {
            writer.execute(&long, Deposit).await?;
        }
        println!("snapshot_every = {}, {} commits", $every, $commits);
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
            show(&format!("{tail} commits after the snapshot"), &ten, &many);
        }
        // A process that has never seen the streams.
        let (mut ten, mut many) = (Load::default(), Load::default());
        for _ in 0..FIRST_ROUNDS.min($rounds) {
            let fresh = app(&dynamo)?;
            for (load, key) in [(&mut ten, &short), (&mut many, &long)] {
                load.time(&dynamo, true, async { fresh.load(key).await }).await?;
            }
        }
        show(&format!("{after} after it, first load of a process"), &ten, &many);
        // And what it would be without the snapshot, which is also what it has to come to.
        let bare = App::builder(dynamo.event_store()).snapshots(MemorySnapshotStore::new()).build()?;
        let mut full = Load::default();
        let whole = full.time(&dynamo, true, async { bare.load(&long).await }).await?;
        assert!(whole == reader.load(&long).await?, "the state from the snapshot is not the full fold");
        println!("  without snapshot     {full}");
    }};
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let commits = numbers.next().unwrap_or(COMMITS);
    let rounds = numbers.next().unwrap_or(ROUNDS);
    println!("per load               requests      RCU  p50 µs   p99 µs");
    measure!(every_100, 100, commits, rounds);
    measure!(every_10, 10, commits, rounds);
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

impl std::fmt::Display for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>8.2} {:>8.2} {}", self.requests(), self.read_units(), self.times)
    }
}

fn show(what: &str, short: &Load, long: &Load) {
    println!(" {what}");
    println!("  short stream         {short}");
    println!(
        "  long stream          {long}   ratios: requests {:.2}, RCU {:.2}, p50 {:.2}",
        long.requests() / short.requests(),
        long.read_units() / short.read_units(),
        long.times.percentile(50) / short.times.percentile(50),
    );
}
