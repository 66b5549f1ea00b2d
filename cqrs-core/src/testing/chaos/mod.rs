//! A delivery with every fault that brokers, networks and machines may have.

mod broker;
mod fragile;
mod outcome;
mod process;
mod time;
mod values;

use std::fmt;
use std::future::poll_fn;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use fastrand::Rng;

use crate::app::App;
use crate::clock::Clock;
use crate::commit::Commit;
use crate::delivery::Received;
use crate::runtime::{Probe, RetryPolicy, Settings, Stores};
use crate::store::MemoryDeliveryStore;
use crate::store::{Append, CommitKey, EventStore, MemoryEventStore, NewCommit, Timer, set_timer};
use crate::view::MemoryViewStore;

use broker::{Broker, chance};
use fragile::Fragile;
use time::{Program, Time, all_timers, is_doubled, timers};

/// The variables with the one seed to run, and with the number of seeds.
const SEED: &str = "CQRS_CHAOS_SEED";
const SEEDS: &str = "CQRS_CHAOS_SEEDS";
/// How many seeds are run by default.
const RUNS: u64 = 50;
/// How many things in a hundred go wrong, of each kind.
const PERCENT: u32 = 10;
/// The largest number of steps that a process takes before it is killed.
const STEPS: u32 = 12;
/// If commands cause other commands for more rounds than this, that counts as a cycle.
const ROUNDS: u32 = 1_000;

/// Delivers the events of your app with every fault that a broker, a network and a machine may have, and then checks
/// that every view and every handler is right.
///
/// Three lines: the app, some commands, the chaos.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # use cqrs_core::view::MemoryViewStore;
/// # #[projection(Order)]
/// # #[derive(Default)]
/// # pub struct OrderSummary { pub total: u64 }
/// # #[projection(Order)]
/// # impl OrderSummary {
/// #     #[apply]
/// #     fn created(&mut self, event: &OrderCreated) { self.total += event.total; }
/// # }
/// # mod shop {
/// #     pub fn app() -> Result<cqrs_core::App, cqrs_core::BuildError> {
/// #         let views = cqrs_core::view::MemoryViewStore::new();
/// #         cqrs_core::App::builder(cqrs_core::store::MemoryEventStore::new()).views(views).build()
/// #     }
/// # }
/// use cqrs_core::testing::DeliveryChaos;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
/// let app = shop::app()?;
/// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
/// DeliveryChaos::new().run(&app).await;
/// # Ok(())
/// # }
/// ```
///
/// Each seed draws what happens anew. Of each kind, one thing in ten goes wrong:
///
/// - messages come twice, in any order, in batches of any size; batches and acknowledgements get lost; messages to a
///   projection get lost for good, but only if a later message of their stream arrives;
/// - requests to the stores are throttled, or get lost, or are executed while their answers get lost;
/// - the process is killed between any two steps, and started again with nothing in memory;
/// - if something waits for its time, minutes go by, a process that is started has a clock that is wrong by up to five
///   minutes, and what is due is [swept](App::sweep) in between, by one program or by two at the same time. In the end,
///   the time moves beyond everything that waits, ten times over. The clock of the app itself is not moved.
///
/// After it, these must hold:
///
/// - every view equals the fold of the store, compared as stored, by field;
/// - values of every event type that a subscriber listens to are the same after the way over a message as before,
///   numbers to the last bit; each seed makes up extreme values anew;
/// - every handler has done its work for every event that it listens to, including the events that handlers caused; a
///   handler with `once` did not run again after its inbox had the event as handled;
/// - no command of a handler is lost or doubled, even if a run does not repeat the one before; commands that serde or
///   `Debug` can tell apart count separately, and each is in a stream as often as in the run that sent it most often;
/// - every instance of a process has taken each event and each deadline at most once; every command of its steps was
///   executed, and has only one commit if it has any; a step has no other effects;
/// - a command that was due has only one commit, if it has any;
/// - there is no dead letter, no instance is held up, nothing that is due is left, and nothing comes back for ever.
///
/// [`run`](Self::run) takes the commits of the app's store, and the commands that wait there, as they are at the time
/// of the call. Each seed has its own stores in memory, filled with those commits. The app's own stores are read and
/// never written. Handlers get the values that were provided to the app, so their effects outside happen at least once
/// per seed.
///
/// A failure names its seed and tells how to run it alone: `CQRS_CHAOS_SEED=17`. `CQRS_CHAOS_SEEDS=1000` runs more of
/// them. A seed draws the same things each time. Handlers that wait for something outside may still take another
/// course.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `run`"]
pub struct DeliveryChaos {
    seeds: RangeInclusive<u64>,
}

/// What happened in a chaos without a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Survived {
    /// The number of seeds.
    pub seeds: u64,
    /// How many batches were received.
    pub batches: u64,
    /// How many messages were lost for good.
    pub lost: u64,
    /// How often the process was killed.
    pub crashes: u64,
    /// How often a sweep ran.
    pub sweeps: u64,
}

impl DeliveryChaos {
    /// 50 seeds, or those that `CQRS_CHAOS_SEED` and `CQRS_CHAOS_SEEDS` in the environment give.
    ///
    /// # Panics
    /// If one of them is not a number, or no seed is wanted.
    pub fn new() -> Self {
        match (variable(SEED), variable(SEEDS)) {
            (Some(seed), _) => Self::seed(seed),
            (None, seeds) => Self::seeds(seeds.unwrap_or(RUNS)),
        }
    }

    /// This number of seeds.
    ///
    /// # Panics
    /// If the number is 0.
    pub fn seeds(seeds: u64) -> Self {
        assert!(seeds > 0, "no seed: nothing would be delivered");
        Self { seeds: 0..=seeds - 1 }
    }

    /// One seed.
    pub fn seed(seed: u64) -> Self {
        Self { seeds: seed..=seed }
    }

    /// Runs each seed on its own stores.
    ///
    /// # Panics
    /// If something does not hold: the message says what, names the seed, and tells how to run it alone. Also if there
    /// is nothing to deliver, or no subscriber.
    pub async fn run(self, app: &App) -> Survived {
        let commits = read(app).await;
        let waiting = all_timers(app).await.unwrap_or_else(|error| panic!("{error}"));
        let waiting: Vec<Timer> = waiting.iter().filter_map(|record| Timer::decode(record).ok()).collect();
        let mut survived = Survived::default();
        for seed in self.seeds {
            let place = copy(app, &commits, &waiting).await;
            survived.add(chaos(&place, seed, PERCENT).await);
        }
        survived
    }

    /// Runs one seed on the app's own stores, to test a store of your own, or the network in front of it. Views that
    /// were written earlier are included. The caller causes the faults of the stores. `clean` is an app on the same
    /// stores without them, to check the outcome with.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_in_place(self, app: &App, clean: &App) -> Survived {
        let mut survived = Survived::default();
        for seed in self.seeds {
            read(clean).await;
            survived.add(in_place(app, clean, seed, 0).await);
        }
        survived
    }
}

impl Default for DeliveryChaos {
    fn default() -> Self {
        Self::new()
    }
}

impl Survived {
    fn add(&mut self, one: Self) {
        self.seeds += one.seeds;
        self.batches += one.batches;
        self.lost += one.lost;
        self.crashes += one.crashes;
        self.sweeps += one.sweeps;
    }
}

impl fmt::Display for Survived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, batches, lost, crashes, sweeps } = self;
        write!(f, "{seeds} seeds, {batches} batches, {lost} lost messages, {crashes} crashes")?;
        if *sweeps > 0 { write!(f, ", {sweeps} sweeps") } else { Ok(()) }
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("`{name}` is a number, not `{text}`")))
}

/// The commits to deliver.
async fn read(app: &App) -> Vec<Commit> {
    let commits = outcome::commits(app).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(!commits.is_empty(), "the store holds no commits: execute some commands before the chaos");
    assert!(
        !app.delivery().subscribers.is_empty(),
        "the app has no subscribers: there is nobody to deliver to"
    );
    commits
}

/// The same app on stores in memory, with these commits, and with what waits.
async fn copy(app: &App, commits: &[Commit], waiting: &[Timer]) -> App {
    let store = MemoryEventStore::new();
    for commit in commits {
        let appended = async { EventStore::append(&store, NewCommit::of(commit)?).await };
        let appended = appended.await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(appended, Append::Written, "a commit is in the store twice");
    }
    for timer in waiting {
        set_timer(&store, timer.clone()).await.unwrap_or_else(|error| panic!("{error}"));
    }
    let stores = Stores::new(store, MemoryDeliveryStore::default()).views(MemoryViewStore::new());
    app.twin(stores, *app.settings(), &Arc::default(), &app.delivery().runtime.clock)
}

async fn chaos(place: &App, seed: u64, percent: u32) -> Survived {
    in_place(place, place, seed, percent).await
}

async fn in_place(app: &App, clean: &App, seed: u64, percent: u32) -> Survived {
    let run = Run { app, clean, seed, percent, probe: Arc::default() };
    match run.deliver().await {
        Ok(survived) => survived,
        Err(reason) => {
            let test = std::thread::current().name().filter(|name| *name != "main").map(str::to_owned);
            let test = test.map(|name| format!(" {name}")).unwrap_or_default();
            panic!("chaos of seed {seed}: {reason}\nrun it alone: {SEED}={seed} cargo test{test}")
        }
    }
}

/// One seed.
struct Run<'a> {
    app: &'a App,
    clean: &'a App,
    seed: u64,
    /// How many requests in a hundred fail.
    percent: u32,
    probe: Arc<Probe>,
}

impl Run<'_> {
    async fn deliver(&self) -> Result<Survived, String> {
        let mut rng = Rng::with_seed(self.seed);
        // A sweep draws the order of its partitions.
        fastrand::seed(self.seed);
        let mut survived = Survived { seeds: 1, ..Survived::default() };
        values::check(self.app, &mut Rng::with_seed(self.seed))?;
        let mut broker = Broker::default();
        let stores = Fragile::new(self.app, &self.probe, rng.u64(..), self.percent);
        let mut time = Time::of(self.app);
        let mut process = self.start(&stores, &time, &mut rng);
        let mut known = None;
        for round in 0.. {
            if round == ROUNDS {
                return Err(format!("after {ROUNDS} rounds, handlers still cause new events"));
            }
            let commits = outcome::commits(self.clean).await.map_err(|error| error.to_string())?;
            let known = known.get_or_insert_with(|| commits.iter().map(CommitKey::of).collect());
            broker.publish(self.clean, &commits, &mut rng, PERCENT);
            if broker.any_queue(&mut rng).is_none() {
                if time.leap(self.clean).await.map_err(|error| error.to_string())? {
                    self.sweep_all(&stores, &mut process, &time, &mut rng, &mut survived).await?;
                    continue;
                }
                survived.lost = broker.lost;
                process::check_letters(self.clean).await?;
                outcome::check_views(self.clean, &commits).await?;
                outcome::check_handlers(self.clean, &commits, &self.probe)?;
                outcome::check_commands(&commits, &self.probe)?;
                process::check_steps(&commits, known, &self.probe)?;
                return Ok(survived);
            }
            while let Some(queue) = broker.any_queue(&mut rng) {
                if time.matters && chance(&mut rng, PERCENT) {
                    time.pass(&mut rng);
                    self.sweep(&stores, &mut process, &time, &mut rng, &mut survived).await?;
                }
                survived.batches += 1;
                let batch = broker.receive(queue, &mut rng);
                if chance(&mut rng, PERCENT) {
                    // It was received, and never arrived.
                    broker.put_back(queue, batch);
                    continue;
                }
                let consumer = process.app.consumer(queue).map_err(|error| error.to_string())?;
                let messages: Vec<Received> = batch.iter().map(|message| message.received.clone()).collect();
                let steps = chance(&mut rng, PERCENT).then(|| rng.u32(..STEPS));
                match stopped_after(steps, consumer.take(&messages)).await {
                    Some(verdicts) => broker.settle(queue, batch, verdicts, &mut rng, PERCENT)?,
                    None => {
                        survived.crashes += 1;
                        broker.put_back(queue, batch);
                        process = self.start(&stores, &time, &mut rng);
                    }
                }
            }
        }
        Ok(survived)
    }

    /// Sweeps once, at the current time.
    async fn sweep(
        &self,
        stores: &Fragile,
        process: &mut Program,
        time: &Time,
        rng: &mut Rng,
        survived: &mut Survived,
    ) -> Result<(), String> {
        survived.sweeps += 1;
        process.set(time.now);
        let other = is_doubled(rng).then(|| self.start(stores, time, rng));
        let steps = chance(rng, PERCENT).then(|| rng.u32(..STEPS));
        if process.sweep(other.as_ref(), steps).await? {
            survived.crashes += 1;
            *process = self.start(stores, time, rng);
        }
        Ok(())
    }

    /// Sweeps until nothing that is due is left.
    async fn sweep_all(
        &self,
        stores: &Fragile,
        process: &mut Program,
        time: &Time,
        rng: &mut Rng,
        survived: &mut Survived,
    ) -> Result<(), String> {
        for _ in 0..ROUNDS {
            if timers(self.clean, time.now).await.map_err(|error| error.to_string())?.is_empty() {
                return Ok(());
            }
            self.sweep(stores, process, time, rng, survived).await?;
        }
        Err(format!("after {ROUNDS} sweeps, something that is due still waits"))
    }

    /// The program, with nothing in memory.
    fn start(&self, stores: &Fragile, time: &Time, rng: &mut Rng) -> Program {
        let mut settings: Settings = *self.app.settings();
        // A broker that never gives up, and never makes a caller wait.
        settings.delivery = RetryPolicy { attempts: u32::MAX, base: Duration::ZERO, cap: Duration::ZERO };
        settings.conflict = RetryPolicy { base: Duration::ZERO, cap: Duration::ZERO, ..settings.conflict };
        // What a killed process has claimed is free at once.
        settings.inbox_lease = Duration::ZERO;
        Program::new(time.skew(rng), time.now, |clock: &Clock| {
            self.app.twin(stores.stores(), settings, &self.probe, clock)
        })
    }
}

/// Lets work run for this many steps; `None` if it has not finished by then.
async fn stopped_after<T>(steps: Option<u32>, work: impl Future<Output = T>) -> Option<T> {
    let Some(mut left) = steps else { return Some(work.await) };
    let mut work = pin!(work);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
