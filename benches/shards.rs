//! What `shards` changes: how commits spread over partitions, and the requests of a command, a load and a replay of a tenant.
//!
//! `cargo bench -p cqrs-benches --bench shards`. It counts on an embedded DynamoDB; nothing is timed.

use std::collections::BTreeMap;
use std::error::Error;

use cqrs_benches::account::{Account, AccountKey, Deposited, deposit};
use cqrs_core::prelude::*;
use cqrs_core::{AggregateKey, Projection};
use cqrs_dynamo::{Cost, Dynamo};

/// The number of streams whose keys are computed, and of those that are replayed.
const KEYS: u32 = 100_000;
const STREAMS: u32 = 200;
const COMMITS: u32 = 3;
const SHARDS: usize = 16;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[projection(Account)]
#[derive(Default)]
struct Balance {
    cents: u64,
}

#[projection(Account)]
impl Balance {
    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
}

#[event]
struct Metered {
    units: u64,
    note: String,
}

#[derive(Clone)]
struct Meter {
    units: u64,
}

/// The same over 16 partitions.
#[aggregate(entity = "METER", shards = 16)]
#[derive(Default)]
struct Counter {
    units: u64,
}

#[aggregate]
impl Counter {
    #[command]
    fn meter(&self, command: &Meter) -> Result<Metered, std::convert::Infallible> {
        Ok(Metered { units: command.units, note: "x".repeat(200) })
    }

    #[apply]
    fn metered(&mut self, event: &Metered) {
        self.units += event.units;
    }
}

#[projection(Counter)]
#[derive(Default)]
struct Usage {
    units: u64,
    longest: usize,
}

#[projection(Counter)]
impl Usage {
    #[apply]
    fn metered(&mut self, event: &Metered) {
        self.units += event.units;
        self.longest = self.longest.max(event.note.len());
    }
}

/// The counts of one aggregate.
struct Counted {
    title: &'static str,
    partitions: BTreeMap<String, u32>,
    command: Cost,
    load: Cost,
    replay: Cost,
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let tenant = Tenant::new("BANK")?;
    let account = |number: u32| AccountKey::new(&tenant, format!("{number:05}"));
    let counter = |number: u32| CounterKey::new(&tenant, format!("{number:05}"));

    let dynamo = Dynamo::embedded_in_memory().await?;
    let app = App::builder(&dynamo).build()?;
    let (mut one, mut many) = (BTreeMap::new(), BTreeMap::new());
    for number in 0..KEYS {
        *one.entry(account(number).stream()?.pk().to_owned()).or_default() += 1;
        *many.entry(counter(number).stream()?.pk().to_owned()).or_default() += 1;
    }
    for number in 0..STREAMS {
        for _ in 0..COMMITS {
            app.execute(&account(number), deposit()).await?;
            app.execute(&counter(number), Meter { units: 5 }).await?;
        }
    }

    // Another process, which knows no state yet.
    let cold = App::builder(&dynamo).build()?;
    let all = [
        Counted {
            title: "without `shards`",
            partitions: one,
            command: dynamo.spent(app.execute(&account(0), deposit())).await.cost,
            load: dynamo.spent(cold.load(&account(1))).await.cost,
            replay: replayed::<Balance>(&dynamo, &app, &tenant).await?,
        },
        Counted {
            title: "`shards = 16`",
            partitions: many,
            command: dynamo.spent(app.execute(&counter(0), Meter { units: 5 })).await.cost,
            load: dynamo.spent(cold.load(&counter(1))).await.cost,
            replay: replayed::<Usage>(&dynamo, &app, &tenant).await?,
        },
    ];
    assert_eq!(all[1].partitions.len(), SHARDS);
    print(&all);
    Ok(())
}

async fn replayed<P: Projection>(dynamo: &Dynamo, app: &App, tenant: &Tenant) -> Fallible<Cost> {
    let before = dynamo.cost();
    let done = app.replay::<P>().tenant(tenant).await?;
    assert_eq!(done.streams, u64::from(STREAMS));
    Ok(dynamo.cost() - before)
}

fn print(all: &[Counted]) {
    println!(
        "| | partitions | streams of the fullest ÷ even | warm command, requests | load, requests | replay of the tenant, requests | read units |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    for counted in all {
        let fullest = counted.partitions.values().max().copied().unwrap_or_default();
        let even = f64::from(KEYS) / counted.partitions.len() as f64;
        println!(
            "| {} | {} | {:.2} | {} | {} | {} | {} |",
            counted.title,
            counted.partitions.len(),
            f64::from(fullest) / even,
            counted.command.requests,
            counted.load.requests,
            counted.replay.requests,
            counted.replay.read_units,
        );
    }
    println!(
        "\n{STREAMS} streams of {COMMITS} commits of about 500 bytes in one tenant, each with a view at its aggregate's key; for the \
         partitions, {KEYS} streams with numbers as ids."
    );
}
