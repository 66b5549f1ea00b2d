//! What one command takes from start to end, counted on an embedded DynamoDB.

use std::error::Error;

use cqrs_benches::account::{AccountKey, Deposit};
use cqrs_core::delivery::{Consumer, FeedConsumer, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, record};
use cqrs_core::{AggregateKey, Commit};
use cqrs_dynamo::{Cost, Dynamo};
use serde_json::Value;

use crate::account::HANDLERS;
use crate::price::Usage;

pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;

/// How a projection gets its commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Queues,
    Stream,
}

/// How commands arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    streams: usize,
    /// How many commands of each stream arrive together.
    each: usize,
    /// How many messages a function gets from its queue, and how many records from the stream.
    messages: usize,
    records: usize,
    /// The number of earlier rounds.
    before: usize,
    /// Whether states and views are in memory.
    is_warm: bool,
}

pub(crate) const LOADS: [Load; 3] = [
    Load { name: "sparse", streams: 4, each: 1, messages: 1, records: 1, before: 10, is_warm: false },
    Load { name: "busy", streams: 100, each: 1, messages: 10, records: 100, before: 1, is_warm: true },
    Load {
        name: "busy, 10 streams",
        streams: 10,
        each: 10,
        messages: 10,
        records: 100,
        before: 1,
        is_warm: true,
    },
];

/// The most messages that a publish to a topic takes.
const PUBLISHED: usize = 10;
/// The time of a request, in milliseconds, and the number of streams that a projection works on at a time.
const REQUEST: f64 = 10.0;
const STREAMS: usize = 16;

pub(crate) async fn usage(names: &[&str], way: Way, load: Load) -> Fallible<Usage> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    let app = App::builder(&dynamo).only(names.iter().copied()).settings(|settings| {
        if !load.is_warm {
            (settings.cached_states, settings.cached_views) = (0, 0);
        }
    });
    let app = app.build()?;
    let is_queued = |name: &&&str| way == Way::Queues || HANDLERS.contains(*name);
    let queued: Vec<&str> = names.iter().filter(is_queued).copied().collect();
    let subscribers = Subscribers {
        queues: queued.iter().map(|queue| app.consumer(queue)).collect::<Result<_, _>>()?,
        stream: (queued.len() < names.len()).then(|| app.feed_consumer()),
    };
    for _ in 0..load.before {
        let (_, commits) = commands(&dynamo, &app, load).await?;
        subscribers.deliver(&app, &commits, load).await?;
    }
    let (executed, commits) = commands(&dynamo, &app, load).await?;
    let before = dynamo.cost();
    subscribers.deliver(&app, &commits, load).await?;
    let delivered = subscribers.usage(load).plus(per_command(dynamo.cost() - before, commits.len()));
    // Each command is an invocation, and reads before it writes if nothing is in memory.
    let requests = if load.is_warm { 1.0 } else { 2.0 };
    let function = Usage { invocations: 1.0, milliseconds: requests * REQUEST, ..Usage::default() };
    Ok(per_command(executed, commits.len()).plus(function).plus(delivered))
}

fn per_command(cost: Cost, commands: usize) -> Usage {
    let each = 1.0 / commands as f64;
    Usage { write_units: cost.write_units * each, read_units: cost.read_units * each, ..Usage::default() }
}

/// Executes the commands, and returns their cost and their commits in the order of the table's stream.
async fn commands(dynamo: &Dynamo, app: &App, load: Load) -> Fallible<(Cost, Vec<Commit>)> {
    let tenant = Tenant::new("BANK")?;
    let before = dynamo.cost();
    let mut written = Vec::new();
    for _ in 0..load.each {
        for stream in 0..load.streams {
            let key = AccountKey::new(&tenant, format!("{stream:04}"));
            let customer = format!("{stream:0>100}");
            let done = app.execute(&key, Deposit { cents: 5, note: customer }).await?;
            written.push((key.stream()?, done.version));
        }
    }
    let cost = dynamo.cost() - before;
    let mut commits = Vec::new();
    for (stream, version) in written {
        commits.extend(dynamo.event_store().read(&stream, version.previous(), version).await?.commits);
    }
    Ok((cost, commits))
}

/// The consumers of the commits.
struct Subscribers {
    queues: Vec<Consumer>,
    stream: Option<FeedConsumer>,
}

impl Subscribers {
    async fn deliver(&self, app: &App, commits: &[Commit], load: Load) -> Fallible<()> {
        for batch in commits.chunks(load.messages) {
            let messages: Vec<_> =
                batch.iter().map(|commit| Received::new(Message::of(app, commit).body)).collect();
            for queue in &self.queues {
                let verdicts = queue.take(&messages).await;
                if verdicts.iter().any(|verdict| *verdict != Verdict::Done) {
                    return Err(format!("`{}` did not take all: {verdicts:?}", queue.queue()).into());
                }
            }
        }
        let Some(stream) = &self.stream else { return Ok(()) };
        for batch in commits.chunks(load.records) {
            let records: Vec<_> = batch.iter().map(|commit| Value::Object(record::encode(commit))).collect();
            stream.take_until(&records, std::future::pending()).await?;
        }
        Ok(())
    }

    /// What a command takes apart from the tables: its share of common requests and invocations.
    fn usage(&self, load: Load) -> Usage {
        let mut usage = Usage::default();
        // A read and then a write, or only a write, for as many streams at a time as possible.
        let work = |batch: usize| {
            let streams = batch.min(load.streams).div_ceil(STREAMS) as f64;
            streams * REQUEST * if load.is_warm { 1.0 } else { 2.0 }
        };
        let mut invoke = |batch: usize, milliseconds: f64| {
            usage.invocations += 1.0 / batch as f64;
            usage.milliseconds += milliseconds / batch as f64;
        };
        if self.stream.is_some() {
            invoke(load.records, work(load.records));
        }
        if !self.queues.is_empty() {
            let publishes = load.records.div_ceil(PUBLISHED) as f64;
            invoke(load.records, publishes * REQUEST);
            for _ in &self.queues {
                invoke(load.messages, work(load.messages));
            }
            usage.publishes = publishes / load.records as f64;
            // Received, and deleted.
            usage.queue_requests = 2.0 * self.queues.len() as f64 / load.messages as f64;
        }
        usage
    }
}
