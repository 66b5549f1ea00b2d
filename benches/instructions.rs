//! What the framework does in the process, in instructions and allocations, beside code by hand on the same stored events.
//!
//! `cargo bench -p cqrs-benches --bench instructions` runs itself under valgrind (callgrind for the instructions, memcheck
//! for the allocations), each case with two numbers of rounds: what one round takes is the difference, so nothing of the
//! start counts. `prepared` makes the same values and drops them; it is subtracted. There is no clock in it: a second run
//! has the same figures.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::process::Command;
use std::sync::{Arc, Mutex};

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::serde::Deserialize;
use cqrs_core::store::{Append, CommitKey, CommitPage, CommitScan, Extent, MemoryEventStore};
use cqrs_core::{Commit, Event, EventStore, KeyError, Metadata, StoreError, StoredEvent, StreamKey, Version};

use order::{Discounted, DiscountedV3, Noted, Order, OrderKey, Placed, Priced};

/// Rounds of the smaller and of the larger run.
const ROUNDS: [usize; 2] = [300, 900];

type Fallible<T> = Result<T, Box<dyn Error>>;

mod order {
    use cqrs_core::prelude::*;

    #[event]
    pub struct Placed {
        pub customer_id: String,
        pub total_amount: u64,
        pub note: Option<String>,
        pub quantities: Vec<u32>,
    }

    #[event]
    pub struct Priced {
        pub total_amount: u64,
    }

    #[event]
    pub struct Noted {
        pub note: String,
    }

    #[event]
    pub struct Discounted {
        pub percent: u32,
        pub reason: String,
    }

    /// The fields of `Discounted`, with a past.
    #[event(name = "DiscountedOnce", schema = 3, from = DiscountedV2)]
    pub struct DiscountedV3 {
        pub percent: u32,
        pub reason: String,
    }

    #[event(name = "DiscountedOnce", schema = 2, from = DiscountedV1)]
    pub struct DiscountedV2 {
        pub percent: u32,
    }

    #[event(name = "DiscountedOnce")]
    pub struct DiscountedV1 {
        pub factor: u32,
    }

    impl From<DiscountedV1> for DiscountedV2 {
        fn from(old: DiscountedV1) -> Self {
            Self { percent: old.factor }
        }
    }

    impl From<DiscountedV2> for DiscountedV3 {
        fn from(old: DiscountedV2) -> Self {
            Self { percent: old.percent, reason: String::new() }
        }
    }

    #[aggregate(entity = "ORDER")]
    #[derive(Default)]
    pub struct Order {
        pub total: u64,
        pub quantity: u64,
        pub notes: usize,
    }

    #[aggregate]
    impl Order {
        #[apply]
        pub fn placed(&mut self, event: &Placed) {
            self.total = event.total_amount;
            self.quantity += event.quantities.iter().copied().map(u64::from).sum::<u64>();
            self.notes += event.note.iter().map(String::len).sum::<usize>();
        }

        #[apply]
        pub fn priced(&mut self, event: &Priced) {
            self.total = event.total_amount;
        }

        #[apply]
        pub fn noted(&mut self, event: &Noted) {
            self.notes += event.note.len();
        }

        #[apply]
        pub fn discounted(&mut self, event: &Discounted) {
            self.total -= self.total * u64::from(event.percent) / 100;
        }

        #[apply]
        pub fn discounted_once(&mut self, event: &DiscountedV3) {
            self.total -= self.total * u64::from(event.percent) / 100;
        }
    }
}

macro_rules! handlers {
    ($queue:literal: $($name:ident)*) => {
        $(#[event_handler(Placed, queue = $queue)]
        async fn $name(event: &Placed) -> Result<(), HandlerError> {
            black_box(event.total_amount);
            Ok(())
        })*
    };
}

handlers! { "one": one }
handlers! { "ten": t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 }
handlers! { "hundred":
    h00 h01 h02 h03 h04 h05 h06 h07 h08 h09 h10 h11 h12 h13 h14 h15 h16 h17 h18 h19 h20 h21 h22 h23 h24
    h25 h26 h27 h28 h29 h30 h31 h32 h33 h34 h35 h36 h37 h38 h39 h40 h41 h42 h43 h44 h45 h46 h47 h48 h49
    h50 h51 h52 h53 h54 h55 h56 h57 h58 h59 h60 h61 h62 h63 h64 h65 h66 h67 h68 h69 h70 h71 h72 h73 h74
    h75 h76 h77 h78 h79 h80 h81 h82 h83 h84 h85 h86 h87 h88 h89 h90 h91 h92 h93 h94 h95 h96 h97 h98 h99
}

/// One thing that is counted.
struct Case {
    name: &'static str,
    run: fn(usize) -> Fallible<()>,
}

const CASES: &[Case] = &[
    Case { name: "prepared", run: |rounds| prepared(rounds, mixed) },
    Case { name: "loaded", run: |rounds| loaded(rounds, mixed) },
    Case { name: "by hand", run: |rounds| by_hand(rounds, mixed) },
    Case { name: "prepared ten", run: |rounds| prepared(rounds, ten) },
    Case { name: "loaded ten", run: |rounds| loaded(rounds, ten) },
    Case { name: "ten by hand", run: |rounds| by_hand(rounds, ten) },
    Case { name: "prepared plain", run: |rounds| prepared(rounds, plain) },
    Case { name: "loaded plain", run: |rounds| loaded(rounds, plain) },
    Case { name: "prepared chained", run: |rounds| prepared(rounds, chained) },
    Case { name: "loaded chained", run: |rounds| loaded(rounds, chained) },
    Case { name: "encoded", run: encoded },
    Case { name: "encoded by hand", run: encoded_by_hand },
    Case { name: "key", run: key },
    Case { name: "key by hand", run: key_by_hand },
    Case { name: "to 1", run: |rounds| dispatched(rounds, "one") },
    Case { name: "to 10", run: |rounds| dispatched(rounds, "ten") },
    Case { name: "to 100", run: |rounds| dispatched(rounds, "hundred") },
];

fn main() -> Fallible<()> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, name, rounds] = arguments.as_slice()
        && let Some(case) = CASES.iter().find(|case| case.name == name)
    {
        return (case.run)(rounds.parse()?);
    }
    let mut counts = Vec::new();
    for case in CASES {
        counts.push((case.name, [count(case.name, Tool::Callgrind)?, count(case.name, Tool::Memcheck)?]));
    }
    let of = |name: &str| counts.iter().find(|(case, _)| *case == name).map_or([0.0; 2], |(_, count)| *count);
    let beyond = |name: &str, base: &str| {
        let (count, base) = (of(name), of(base));
        [count[0] - base[0], count[1] - base[1]]
    };

    println!("| each | instructions | allocations | by hand: instructions | allocations | ratio |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let row = |name: &str, ours: [f64; 2], hand: [f64; 2]| {
        println!(
            "| {name} | {:.0} | {:.2} | {:.0} | {:.2} | {:.3} |",
            ours[0],
            ours[1],
            hand[0],
            hand[1],
            ours[0] / hand[0]
        );
    };
    let tenth = |count: [f64; 2]| count.map(|figure| figure / 10.0);
    row(
        "event decoded and applied, of ten in a commit",
        tenth(beyond("loaded ten", "prepared ten")),
        tenth(beyond("ten by hand", "prepared ten")),
    );
    row("commit of one event folded", beyond("loaded", "prepared"), beyond("by hand", "prepared"));
    row("event encoded", of("encoded"), of("encoded by hand"));
    row("key rendered", of("key"), of("key by hand"));
    println!("\n| each | instructions | allocations |");
    println!("| --- | ---: | ---: |");
    let row = |name: &str, count: [f64; 2]| println!("| {name} | {:.0} | {:.2} |", count[0], count[1]);
    row("event without a past, decoded and applied", beyond("loaded plain", "prepared plain"));
    row("the same at schema 3 of a chain of `from`", beyond("loaded chained", "prepared chained"));
    row("message taken to 1 handler", of("to 1"));
    row("message taken to 10 handlers", of("to 10"));
    row("message taken to 100 handlers", of("to 100"));
    Ok(())
}

#[derive(Clone, Copy)]
enum Tool {
    Callgrind,
    Memcheck,
}

/// What one round of a case takes.
fn count(case: &str, tool: Tool) -> Fallible<f64> {
    let [few, many] = ROUNDS;
    Ok((run(case, many, tool)? - run(case, few, tool)?) / (many - few) as f64)
}

fn run(case: &str, rounds: usize, tool: Tool) -> Fallible<f64> {
    let mut valgrind = Command::new("valgrind");
    let marker = match tool {
        Tool::Callgrind => {
            valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
            "Collected : "
        }
        Tool::Memcheck => {
            valgrind.args(["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"]);
            "total heap usage: "
        }
    };
    let output = valgrind
        .arg(env::current_exe()?)
        .args([case, &rounds.to_string()])
        .output()
        .map_err(|error| format!("valgrind cannot be started, is it installed? {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let figure = said.split_once(marker).and_then(|(_, rest)| rest.split_whitespace().next());
    let figure = figure.filter(|_| output.status.success()).ok_or_else(|| format!("{case}: {said}"))?;
    Ok(figure.replace(',', "").parse()?)
}

fn stored<E: Event>(event: &E) -> Fallible<StoredEvent> {
    Ok(StoredEvent::encode(event)?)
}

fn placed() -> Placed {
    Placed {
        customer_id: "CUST-001".to_owned(),
        total_amount: 15_000,
        note: Some("by the back door".to_owned()),
        quantities: vec![1, 2, 3],
    }
}

/// Kinds of events in turn.
fn mixed(number: usize) -> Fallible<Vec<StoredEvent>> {
    Ok(vec![match number % 3 {
        0 => stored(&placed())?,
        1 => stored(&Priced { total_amount: 20_000 })?,
        _ => stored(&Noted { note: "call before delivery".to_owned() })?,
    }])
}

fn ten(_: usize) -> Fallible<Vec<StoredEvent>> {
    Ok((0..10).map(mixed).collect::<Fallible<Vec<_>>>()?.into_iter().flatten().collect())
}

fn plain(_: usize) -> Fallible<Vec<StoredEvent>> {
    Ok(vec![stored(&Discounted { percent: 5, reason: "late".to_owned() })?])
}

fn chained(_: usize) -> Fallible<Vec<StoredEvent>> {
    Ok(vec![stored(&DiscountedV3 { percent: 5, reason: "late".to_owned() })?])
}

fn commits(rounds: usize, event: fn(usize) -> Fallible<Vec<StoredEvent>>) -> Fallible<Vec<Commit>> {
    let stream = order()?.stream()?;
    let commit = |number: usize| -> Fallible<Commit> {
        let metadata = Metadata::new("0190163d-8694-739b-aea5-966c26f8ad91", "2024-01-01T10:00:00Z".parse()?);
        Ok(Commit {
            stream: stream.clone(),
            version: Version::new(number as u64 + 1),
            events: event(number)?,
            metadata: Arc::new(metadata),
        })
    };
    (0..rounds).map(commit).collect()
}

fn order() -> Fallible<OrderKey> {
    Ok(OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001"))
}

fn prepared(rounds: usize, event: fn(usize) -> Fallible<Vec<StoredEvent>>) -> Fallible<()> {
    let app = App::builder(Prepared::of(Vec::new())).only([]).build()?;
    let commits = black_box(commits(rounds, event)?);
    block_on(app.load(&order()?))??;
    drop(commits);
    Ok(())
}

fn loaded(rounds: usize, event: fn(usize) -> Fallible<Vec<StoredEvent>>) -> Fallible<()> {
    let app = App::builder(Prepared::of(commits(rounds, event)?)).only([]).build()?;
    black_box(block_on(app.load(&order()?))??.state);
    Ok(())
}

fn by_hand(rounds: usize, event: fn(usize) -> Fallible<Vec<StoredEvent>>) -> Fallible<()> {
    let app = App::builder(Prepared::of(Vec::new())).only([]).build()?;
    block_on(app.load(&order()?))??;
    let mut order = Order::default();
    for commit in commits(rounds, event)? {
        for StoredEvent { name, data, .. } in &commit.events {
            match name.as_str() {
                "Placed" => order.placed(&Placed::deserialize(data)?),
                "Priced" => order.priced(&Priced::deserialize(data)?),
                "Noted" => order.noted(&Noted::deserialize(data)?),
                "Discounted" => order.discounted(&Discounted::deserialize(data)?),
                other => return Err(format!("unknown event {other}").into()),
            }
        }
    }
    black_box(order);
    Ok(())
}

fn encoded(rounds: usize) -> Fallible<()> {
    let event = placed();
    for _ in 0..rounds {
        black_box(stored(black_box(&event))?);
    }
    Ok(())
}

fn encoded_by_hand(rounds: usize) -> Fallible<()> {
    let event = placed();
    for _ in 0..rounds {
        let data = serde_json::to_value(black_box(&event))?;
        black_box(StoredEvent { name: "Placed".to_owned(), schema: 1, data });
    }
    Ok(())
}

fn key(rounds: usize) -> Fallible<()> {
    let order = order()?;
    for _ in 0..rounds {
        black_box(black_box(&order).stream()?);
    }
    Ok(())
}

fn key_by_hand(rounds: usize) -> Fallible<()> {
    let (tenant, id) = ("TENANT001", "20240101-001");
    for _ in 0..rounds {
        let (tenant, id) = (black_box(tenant), black_box(id));
        let stream: Result<StreamKey, KeyError> =
            StreamKey::new(format!("{tenant}#ORDER"), format!("ORDER#{id}"));
        black_box(stream?);
    }
    Ok(())
}

fn dispatched(rounds: usize, queue: &str) -> Fallible<()> {
    let commits = commits(1, |_| Ok(vec![stored(&placed())?]))?;
    let commit = commits.first().ok_or("one commit was asked for")?;
    let app = App::builder(MemoryEventStore::new()).build()?;
    let consumer = app.consumer(queue)?;
    let batch = [Received { body: Message::of(&app, commit).body, receives: 1 }];
    block_on(async {
        for _ in 0..rounds {
            if consumer.take(&batch).await != [Verdict::Done] {
                return Err("the message was not taken".into());
            }
        }
        Ok(())
    })?
}

fn block_on<T>(future: impl Future<Output = T>) -> Fallible<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(future))
}

/// One stream, whose commits are at hand: they are given away in one page, so that nothing of a store counts.
struct Prepared {
    commits: Mutex<Vec<Commit>>,
    store: MemoryEventStore,
}

impl Prepared {
    fn of(commits: Vec<Commit>) -> Self {
        Self { commits: Mutex::new(commits), store: MemoryEventStore::new() }
    }
}

impl EventStore for Prepared {
    type Feed = <MemoryEventStore as EventStore>::Feed;
    type Delivery = <MemoryEventStore as EventStore>::Delivery;

    async fn append(&self, commit: &Commit) -> Result<Append, StoreError> {
        self.store.append(commit).await
    }

    async fn read(&self, _: &StreamKey, _: Version, _: Version) -> Result<CommitPage, StoreError> {
        let commits = self.commits.lock().map(|mut commits| std::mem::take(&mut *commits));
        Ok(CommitPage { commits: commits.unwrap_or_default(), more: false })
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.store.scan(extent, after).await
    }

    fn feed(&self) -> Self::Feed {
        self.store.feed()
    }

    fn delivery(&self) -> Self::Delivery {
        self.store.delivery()
    }
}
