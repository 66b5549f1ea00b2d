//! The stores on DynamoDB under the chaos of the test kit, with throttled and broken requests at the SDK's HTTP client.
//! What the chaos checks is checked here once more by hand, because the kit itself may be wrong.
//!
//! `CHAOS_SEEDS=1000 cargo test -p cqrs-tests --test chaos` tries more; a failure names its seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cqrs_core::Commit;
use cqrs_core::prelude::*;
use cqrs_core::testing::DeliveryChaos;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{
    self, AccountEvent, DepositAll, Deposited, Open, Opened, Statement, Wealth, WealthKey, Withdraw, deposit,
};
use cqrs_tests::commits::all;
use cqrs_tests::faults::{Call, Fault, Faults};
use fastrand::Rng;
use futures_util::TryStreamExt;

const SEEDS: u64 = 200;
const ACCOUNTS: [&str; 3] = ["1", "2", "3"];
const OWNERS: [&str; 2] = ["Ada", "Bob"];
const PERCENT: u32 = 10;

/// What a handler has done, by commit.
type Done = Arc<Mutex<BTreeMap<(String, u64), u32>>>;

struct Ledger(Done);
struct Inbox(Done);

fn note(done: &Done, stream: &cqrs_core::StreamKey, version: Version) {
    *done.lock().unwrap().entry((stream.to_string(), version.get())).or_default() += 1;
}

#[event_handler(Opened, Deposited)]
impl Ledger {
    async fn opened(&self, event: &Recorded<Opened>) -> Result<(), HandlerError> {
        note(&self.0, event.stream(), event.version());
        Ok(())
    }

    async fn deposited(&self, event: &Recorded<Deposited>) -> Result<(), HandlerError> {
        if event.index() == 0 {
            note(&self.0, event.stream(), event.version());
        }
        Ok(())
    }
}

#[event_handler(Opened, once)]
async fn greet(event: &Recorded<Opened>, inbox: &Inbox) -> Result<(), HandlerError> {
    note(&inbox.0, event.stream(), event.version());
    Ok(())
}

/// Some accounts with a history.
async fn lives(dynamo: &Dynamo, rng: &mut Rng) -> Vec<Commit> {
    let app = bank::app(dynamo.event_store()).unwrap();
    let mut commits = Vec::new();
    for number in ACCOUNTS {
        let key = bank::account(number);
        let owner = OWNERS[rng.usize(..OWNERS.len())].to_owned();
        app.execute(&key, Open { owner }).await.unwrap();
        for _ in 0..rng.usize(2..7) {
            match rng.usize(..3) {
                0 => drop(app.execute(&key, DepositAll(vec![1, 2, 3])).await.unwrap()),
                1 => drop(app.execute(&key, deposit(rng.u64(1..50))).await.unwrap()),
                // Refused if the balance is too low.
                _ => drop(app.execute(&key, Withdraw { cents: 5 }).await),
            }
        }
        commits.extend(all(&dynamo.event_store(), &key.stream().unwrap()).await);
    }
    commits
}

/// One request in ten fails in some way.
fn disturbed(database: &Embedded, seed: u64) -> Dynamo {
    let rng = Mutex::new(Rng::with_seed(seed));
    let plan = move |_: &Call| {
        let mut rng = rng.lock().unwrap();
        if rng.u32(..100) >= PERCENT {
            return Fault::None;
        }
        let faults = [
            Fault::Reset,
            Fault::AnswerLost,
            Fault::Answer(500, "InternalServerError"),
            Fault::Answer(400, "ThrottlingException"),
        ];
        faults[rng.usize(..faults.len())]
    };
    Faults::new(database, plan).dynamo_without_retries()
}

fn app(dynamo: &Dynamo, delivery_store: &Done, inbox: &Done) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .only(["Statement", "Wealth", "Ledger", "greet"])
        .provide(Ledger(Arc::clone(delivery_store)))
        .provide(Inbox(Arc::clone(inbox)))
        .build()
        .unwrap()
}

async fn run(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let database = Embedded::in_memory().unwrap();
    let clean = Dynamo::from_conf(&database.sdk_config());
    clean.create_tables().await.unwrap();
    let commits = lives(&clean, &mut rng).await;

    let (delivery_store, inbox) = (Done::default(), Done::default());
    let (shaken, calm) =
        (app(&disturbed(&database, seed), &delivery_store, &inbox), app(&clean, &delivery_store, &inbox));
    DeliveryChaos::seed(seed).run_in_place(&shaken, &calm).await;
    check_views(&clean, seed).await;
    check_handlers(&commits, &delivery_store.lock().unwrap(), &inbox.lock().unwrap(), seed);
}

/// Every view equals the fold of the store.
async fn check_views(dynamo: &Dynamo, seed: u64) {
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only([]).build().unwrap();
    let mut wealth: BTreeMap<String, u64> = BTreeMap::new();
    for number in ACCOUNTS {
        let key = bank::account(number);
        let mut lines = Vec::new();
        let mut owner = String::new();
        let log: Vec<_> = app.history(&key).try_collect().await.unwrap();
        for event in &log {
            match event.event() {
                AccountEvent::Opened(event) => owner.clone_from(&event.owner),
                AccountEvent::Deposited(event) => lines.push(event.cents.cast_signed()),
                AccountEvent::Withdrawn(event) => lines.push(-event.cents.cast_signed()),
            }
        }
        let state = app.load(&key).await.unwrap().state;
        *wealth.entry(owner).or_default() += state.balance;
        let view = app.view::<Statement>(&key).await.unwrap().unwrap_or_default();
        assert_eq!(view.lines, lines, "seed {seed}, account {number}");
    }
    for (owner, cents) in wealth {
        let key = WealthKey::new(&bank::tenant(), owner.as_str());
        let view = app.view::<Wealth>(&key).await.unwrap().unwrap_or_default();
        assert_eq!(view.cents, cents, "seed {seed}, owner {owner}");
    }
}

/// Every commit was handled. The handler with an inbox handled it once, unless the answer to its last request was lost.
fn check_handlers(
    commits: &[Commit],
    delivery_store: &BTreeMap<(String, u64), u32>,
    inbox: &BTreeMap<(String, u64), u32>,
    seed: u64,
) {
    for commit in commits {
        let place = (commit.stream.to_string(), commit.version.get());
        let name = commit.events[0].name.as_str();
        let wanted = matches!(name, "Opened" | "Deposited");
        assert_eq!(delivery_store.contains_key(&place), wanted, "seed {seed}, {place:?}");
        assert_eq!(inbox.contains_key(&place), name == "Opened", "seed {seed}, {place:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_equals_the_fold_and_every_commit_is_handled() {
    let seeds = std::env::var("CHAOS_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in 0..seeds {
        run(seed).await;
    }
}
