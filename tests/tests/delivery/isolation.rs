//! An event that blocks its handler holds up only its own stream.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::EventStore;
use cqrs_core::delivery::{Claim, Inbox, InboxId, InboxLease, RetryPolicy};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Deposit, Deposited, Open, Opened};
use cqrs_tests::faults::{self, Fault, Faults};
use tokio::sync::watch;

use crate::office::Views;
use crate::service::{Service, until};

/// A handler that gets stuck in some accounts until it is freed. Clones are the same one.
#[derive(Clone)]
struct Mole {
    stuck: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    freed: watch::Sender<bool>,
    done: Arc<Mutex<BTreeMap<String, Vec<u64>>>>,
}

impl Mole {
    fn stuck_in(stuck: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { stuck: Arc::new(stuck), freed: watch::channel(false).0, done: Arc::default() }
    }

    async fn dig(&self, sk: &str, version: u64) {
        if (self.stuck)(sk) {
            let _ = self.freed.subscribe().wait_for(|freed| *freed).await;
        }
        self.done.lock().unwrap().entry(sk.to_owned()).or_default().push(version);
    }

    fn streams(&self) -> BTreeSet<String> {
        self.done.lock().unwrap().keys().cloned().collect()
    }
}

#[event_handler(Deposited, name = "mole")]
impl Mole {
    async fn deposited(&self, event: &Recorded<Deposited>) -> Result<(), HandlerError> {
        self.dig(event.stream().sk(), event.version().get()).await;
        Ok(())
    }
}

/// The same, with an inbox.
#[derive(Clone)]
struct Scribe(Mole);

#[event_handler(Opened, name = "scribe", once)]
impl Scribe {
    async fn opened(&self, event: &Recorded<Opened>) -> Result<(), HandlerError> {
        self.0.dig(event.stream().sk(), event.version().get()).await;
        Ok(())
    }
}

/// A handler with its own time limit.
#[derive(Clone)]
struct Hurried(Mole);

#[event_handler(Deposited, name = "hurried", timeout = "20ms")]
impl Hurried {
    async fn deposited(&self, event: &Recorded<Deposited>) -> Result<(), HandlerError> {
        self.0.dig(event.stream().sk(), event.version().get()).await;
        Ok(())
    }
}

fn app(dynamo: &Dynamo, mole: &Mole, only: &[&str], timeout: Duration) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .provide(mole.clone())
        .provide(Scribe(mole.clone()))
        .provide(Hurried(mole.clone()))
        .only(only.iter().copied())
        .settings(|settings| {
            settings.delivery =
                RetryPolicy { attempts: 2, base: Duration::ZERO, cap: Duration::from_millis(5) };
            settings.handler_timeout = timeout;
            settings.grace = Duration::from_millis(50);
            settings.poll = Duration::from_millis(1);
        })
        .build()
        .unwrap()
}

fn accounts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:02}")).collect()
}

async fn orders(app: &App, accounts: &[String]) {
    for account in accounts {
        let key = bank::account(account);
        app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        app.execute(&key, Deposit { cents: 5, note: "order".into() }).await.unwrap();
    }
}

fn names(accounts: &[String]) -> Vec<&str> {
    accounts.iter().map(String::as_str).collect()
}

const LONG: Duration = Duration::from_hours(1);

#[tokio::test]
async fn an_event_that_hangs_holds_up_its_own_stream_and_no_shutdown() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let mole = Mole::stuck_in(|sk| sk.ends_with("#07"));
    let running = app(&dynamo, &mole, &["Statement", "Wealth", "mole"], LONG);
    let all = accounts(40);
    orders(&running, &all).await;
    let service = Service::start(&running);
    until(|| async { Views::stored(&running).await == Views::folded(&running, &names(&all)).await }).await;
    until(|| async { mole.streams().len() == 39 }).await;
    // Many more pages than any queue holds.
    for _ in 0..20 {
        orders_again(&running, &all).await;
    }
    until(|| async { mole.done.lock().unwrap().values().map(Vec::len).sum::<usize>() == 39 * 21 }).await;
    assert!(!mole.streams().contains("ACCOUNT#07"));
    service.stop().await;

    // The next run continues with it, in order.
    mole.freed.send_replace(true);
    app(&dynamo, &mole, &["Statement", "Wealth", "mole"], LONG).run_until_idle().await.unwrap();
    let done = mole.done.lock().unwrap().clone();
    assert_eq!(done["ACCOUNT#07"], (2..=22).collect::<Vec<_>>());
    for versions in done.values() {
        let distinct: BTreeSet<u64> = versions.iter().copied().collect();
        assert_eq!(distinct, (2..=22).collect(), "nothing is lost");
    }
}

async fn orders_again(app: &App, accounts: &[String]) {
    for account in accounts {
        app.execute(&bank::account(account), Deposit { cents: 1, note: "more".into() }).await.unwrap();
    }
}

#[tokio::test]
async fn a_try_that_takes_too_long_has_failed() {
    for (only, limit, given) in [("mole", "10ms", 10), ("hurried", "20ms", 3_600_000)] {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let mole = Mole::stuck_in(|sk| sk.ends_with("#01"));
        let app = app(&dynamo, &mole, &["Statement", only], Duration::from_millis(given));
        let all = accounts(3);
        orders(&app, &all).await;
        app.run_until_idle().await.unwrap();
        let letters = app.dead_letters().list().await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].id.subscriber.as_str(), letters[0].attempts), (only, 2));
        let reason = &letters[0].reason;
        assert!(reason.contains(&format!("longer than its time limit of {limit}")), "{reason}");
        assert_eq!(mole.streams().len(), 2);
        // What was too slow once may be quick later.
        mole.freed.send_replace(true);
        assert_eq!(app.dead_letters().redrive(only).await.unwrap().done, 1);
        assert_eq!(mole.streams().len(), 3);
    }
}

#[tokio::test]
async fn leases_of_a_run_that_was_killed_hold_up_their_own_streams() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let mole = Mole::stuck_in(|_| false);
    let running = app(&dynamo, &mole, &["scribe", "Statement", "Wealth"], LONG);
    let all = accounts(60);
    orders(&running, &all).await;
    // More than the scribe works on at a time.
    let (leased, free) = all.split_at(30);
    for account in leased {
        let stream = bank::account(account).stream().unwrap();
        let first = dynamo.event_store().read(&stream, Version::NONE, Version::new(1)).await.unwrap();
        let id = InboxId::new("scribe", stream, Version::new(1), 0, first.commits[0].digest());
        let lease = InboxLease::new("killed", Timestamp::now(), LONG, LONG);
        let claim = dynamo.event_store().delivery().claim(&id, &lease).await.unwrap();
        assert_eq!(claim, Claim::Claimed);
    }
    let service = Service::start(&running);
    until(|| async { Views::stored(&running).await == Views::folded(&running, &names(&all)).await }).await;
    until(|| async { mole.streams().len() == free.len() }).await;
    assert!(free.iter().all(|account| mole.streams().contains(&format!("ACCOUNT#{account}"))));
    service.stop().await;
}

#[tokio::test]
async fn a_subscriber_that_hangs_altogether_is_skipped_and_gets_all_of_it_later() {
    assert_passed_over_and_served_later(&Dynamo::embedded_in_memory().await.unwrap()).await;
}

/// A shard may have nothing at present although there is more.
#[tokio::test]
async fn a_subscriber_that_was_skipped_misses_nothing_where_reads_come_back_empty() {
    let (database, _) = faults::database().await;
    // Every third one, so that of two that alternate, not always the same is met.
    let reads = AtomicUsize::new(0);
    let often_empty = Faults::new(&database, move |call| match call.operation.as_str() {
        "GetRecords" if reads.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) => {
            let request: serde_json::Value = serde_json::from_str(&call.body).unwrap();
            let answer = serde_json::json!({ "Records": [], "NextShardIterator": request["ShardIterator"] });
            Fault::Reply(Box::leak(answer.to_string().into_boxed_str()))
        }
        _ => Fault::None,
    });
    assert_passed_over_and_served_later(&often_empty.dynamo_without_retries()).await;
}

async fn assert_passed_over_and_served_later(dynamo: &Dynamo) {
    let mole = Mole::stuck_in(|_| true);
    let running = app(dynamo, &mole, &["Statement", "Wealth", "mole"], LONG);
    let all = accounts(40);
    orders(&running, &all).await;
    let service = Service::start(&running);
    // More than a subscriber may have taken in.
    let note = "x".repeat(300_000);
    for _ in 0..3 {
        for account in &all {
            let deposit = Deposit { cents: 1, note: note.clone() };
            running.execute(&bank::account(account), deposit).await.unwrap();
        }
    }
    until(|| async { Views::stored(&running).await == Views::folded(&running, &names(&all)).await }).await;
    assert!(mole.streams().is_empty());
    mole.freed.send_replace(true);
    until(|| async { mole.done.lock().unwrap().values().map(Vec::len).sum::<usize>() >= 160 }).await;
    service.stop().await;
    let done = mole.done.lock().unwrap().clone();
    assert_eq!(done.len(), 40);
    assert!(done.values().all(|versions| *versions == [2, 3, 4, 5]), "each once, in order: {done:?}");
}

/// A handler that waits for long between its tries, one stream at a time.
#[derive(Clone)]
struct Slow(Mole);

#[event_handler(Deposited, name = "slow", concurrency = 1, retry(attempts = 3, base = "10h", cap = "10h"))]
impl Slow {
    async fn deposited(&self, event: &Recorded<Deposited>) -> Result<(), HandlerError> {
        let (sk, version) = (event.stream().sk(), event.version().get());
        self.0.done.lock().unwrap().entry(sk.to_owned()).or_default().push(version);
        if (self.0.stuck)(sk) { Err(HandlerError::retry("the printer is off")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn an_event_that_waits_for_its_next_try_leaves_its_place_to_other_streams() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let mole = Mole::stuck_in(|sk| sk.ends_with("#00"));
    let running = App::builder(dynamo.event_store())
        .provide(Slow(mole.clone()))
        .only(["slow"])
        .settings(|settings| {
            settings.grace = Duration::from_millis(50);
            settings.poll = Duration::from_millis(1);
        })
        .build()
        .unwrap();
    orders(&running, &accounts(3)).await;
    let service = Service::start(&running);
    until(|| async { mole.streams().len() == 3 }).await;
    service.stop().await;
}
