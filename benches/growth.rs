//! What a large file costs: processor time in an embedded database with 1,000 to 1,000,000 commits.
//!
//! `cargo bench -p cqrs-benches --profile dev --bench growth`; numbers after `--` are the sizes. Without `--profile dev` it
//! times an optimised build.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use cqrs_benches::account::{Account, AccountKey, Deposited, deposit};
use cqrs_core::delivery::{ChangeFeed, DeliveryStore, Positions};
use cqrs_core::prelude::*;
use cqrs_core::store::{CommitKey, EventStore, Extent};
use cqrs_dynamo::Dynamo;
use dynoxide::AttributeValue;
use dynoxide::storage::{Storage, compute_hash_prefix};
use dynoxide::streams::shard_id;

const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// A larger file is not replayed: it takes minutes.
const REPLAYED: u64 = 100_000;
/// How many commits a stream has.
const EACH: u64 = 10;
const ROUNDS: u64 = 300;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The balance of one account.
#[projection(Account)]
#[derive(Default)]
pub struct Balance {
    cents: u64,
}

#[projection(Account)]
impl Balance {
    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    let mut sizes: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = SIZES.to_vec();
    }
    let folder = std::env::temp_dir().join(format!("cqrs-growth-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    println!("milliseconds of the processor, per operation");
    println!(
        "{:>9}{}",
        "commits",
        FIGURES.iter().fold(String::new(), |line, name| line + &format!("{name:>16}"))
    );
    let mut first = None;
    for size in sizes {
        let path = folder.join(format!("{size}.db"));
        fill(&path, size).await?;
        let figures = measure(&path, size).await?;
        let first = first.get_or_insert(figures);
        let mut line = format!("{size:>9}");
        for (figure, first) in figures.iter().zip(*first) {
            write!(line, "{figure:>9.2} ({:>4.2})", figure / first)?;
        }
        println!("{line}");
        if size <= REPLAYED {
            replay(&path).await?;
        }
        std::fs::remove_file(path)?;
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

const FIGURES: [&str; 6] =
    ["warm command", "cold command", "empty poll", "delivery", "scan of 1,000", "opening"];

async fn measure(path: &Path, size: u64) -> Fallible<[f64; 6]> {
    let tenant = Tenant::new("BANK")?;
    let dynamo = Dynamo::embedded(path).await?;
    let store = dynamo.event_store();
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    let end = store.delivery().positions("Balance").await?;

    let key = AccountKey::new(&tenant, "warm");
    app.execute(&key, deposit()).await?;
    let start = processor_ms();
    for _ in 0..ROUNDS {
        app.execute(&key, deposit()).await?;
    }
    let warm = (processor_ms() - start) / ROUNDS as f64;

    let start = processor_ms();
    let streams = ROUNDS.min(size / EACH);
    for number in 0..streams {
        let key = AccountKey::new(&tenant, format!("{:07}", number * size / EACH / streams));
        app.execute(&key, deposit()).await?;
    }
    let cold = (processor_ms() - start) / streams as f64;

    app.run_until_idle().await?;
    let mut feed = store.feed();
    let end = last(&mut feed, end).await?;
    let start = processor_ms();
    for _ in 0..ROUNDS {
        feed.read(&end).await?;
    }
    let poll = (processor_ms() - start) / ROUNDS as f64;

    let rounds = ROUNDS / 10;
    let start = processor_ms();
    for _ in 0..rounds {
        app.execute(&key, deposit()).await?;
        app.run_until_idle().await?;
    }
    let delivery = (processor_ms() - start) / rounds as f64;

    let all = Extent::Segment { number: 0, of: 1 };
    let middle = AccountKey::new(&tenant, format!("{:07}", size / 2 / EACH)).stream()?;
    let middle = CommitKey::new(middle, Version::new(1));
    let start = processor_ms();
    let mut commits = 0;
    for _ in 0..rounds {
        commits += store.scan(&all, Some(&middle)).await?.commits.len();
    }
    let page = (processor_ms() - start) / commits as f64 * 1_000.0;

    drop((app, store, feed, dynamo));
    let start = processor_ms();
    for _ in 0..rounds {
        drop(Dynamo::embedded(path).await?);
    }
    let opening = (processor_ms() - start) / rounds as f64;
    Ok([warm, cold, poll, delivery, page, opening])
}

async fn replay(path: &Path) -> Fallible<()> {
    let dynamo = Dynamo::embedded(path).await?;
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
    let start = processor_ms();
    let done = app.replay::<Balance>().await?;
    let each = (processor_ms() - start) / done.commits as f64;
    println!("{:>9} commits of {} streams replayed, {each:.2} ms each", done.commits, done.streams);
    Ok(())
}

/// Where a feed ends.
async fn last(feed: &mut impl ChangeFeed, mut after: Positions) -> Fallible<Positions> {
    loop {
        let page = feed.read(&after).await?;
        let Some(last) = page.changes.last() else { return Ok(after) };
        after.insert(last.shard.clone(), last.position.clone());
    }
}

/// A file with a number of commits that have all been delivered, several streams per page and each with its records.
async fn fill(path: &Path, size: u64) -> Fallible<()> {
    let tenant = Tenant::new("BANK")?;
    let template = {
        let dynamo = Dynamo::embedded(path).await?;
        let app = App::builder(dynamo.event_store()).only([]).build()?;
        app.execute(&AccountKey::new(&tenant, "template"), deposit()).await?;
        let storage = Storage::new(path.to_str().ok_or("a path that is not UTF-8")?)?;
        storage.conn().query_row("SELECT item_json FROM events", [], |row| row.get::<_, String>(0))?
    };
    let storage = Storage::new(path.to_str().ok_or("a path that is not UTF-8")?)?;
    let connection = storage.conn();
    let mut sequence: i64 = connection.query_row(
        "SELECT max(CAST(sequence_number AS INTEGER)) FROM _stream_records",
        [],
        |row| row.get(0),
    )?;
    let shard = shard_id("events");
    let stream = AccountKey::new(&tenant, "template").stream()?;
    let hash = compute_hash_prefix(&AttributeValue::S(stream.pk().to_owned()));
    connection.execute_batch("BEGIN")?;
    let mut item = connection.prepare(
        "INSERT INTO events (pk, sk, item_json, item_size, hash_prefix) VALUES (?1, ?2, ?3, 400, ?4)",
    )?;
    let mut record = connection.prepare(
        "INSERT INTO _stream_records (table_name, event_name, keys_json, new_image, sequence_number, shard_id, \
         created_at, event_id) VALUES ('events', 'INSERT', '{}', ?1, ?2, ?3, unixepoch(), hex(randomblob(16)))",
    )?;
    for number in 0..size {
        let (account, version) = (format!("{:07}", number / EACH), number % EACH + 1);
        let json = template.replace("template", &account).replace("@0000000001", &format!("@{version:010}"));
        let json = json.replace("\"version\":{\"N\":\"1\"}", &format!("\"version\":{{\"N\":\"{version}\"}}"));
        let sk = AccountKey::new(&tenant, &account).stream()?.commit_sk(Version::new(version));
        item.execute((format!("S:{}", stream.pk()), format!("S:{sk}"), &json, &hash))?;
        sequence += 1;
        record.execute((&json, sequence.to_string(), &shard))?;
    }
    drop((item, record));
    connection.execute_batch("COMMIT")?;
    drop(storage);
    let dynamo = Dynamo::embedded(path).await?;
    let position = 100_000_000_000_000_000_000_u128 + u128::try_from(sequence)?;
    dynamo.event_store().delivery().save_position("Balance", &shard, &format!("{position:0>40}")).await?;
    Ok(())
}

/// The processor time of this process so far, with all its threads.
fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // The ticks of a Linux clock are hundredths of a second.
    let ticks =
        |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) * 10.0
}
