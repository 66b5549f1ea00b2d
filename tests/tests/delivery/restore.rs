//! The events table is restored to an earlier point; views, inbox and positions are newer, and commands go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::delivery::{Received, RetryPolicy, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::record;
use cqrs_core::{Commit, EventStore};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{Deposited, Open, Opened, deposit};
use cqrs_tests::raw;
use serde_json::Value;

use crate::office::*;

const ACCOUNTS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];
const QUEUES: [&str; 3] = ["Statement", "Wealth", "auditor"];

/// The deposits that the auditor has seen.
#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<(String, u64)>>>);

#[event_handler(Deposited, name = "auditor", once)]
async fn auditor(event: &Recorded<Deposited>, audit: &Audit) -> Result<(), HandlerError> {
    audit.0.lock().unwrap().push((event.stream().sk().to_owned(), event.cents));
    Ok(())
}

fn program(dynamo: &Dynamo, audit: &Audit) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .provide(audit.clone())
        .settings(|settings| {
            settings.delivery = RetryPolicy { attempts: 2, base: Duration::ZERO, cap: Duration::ZERO };
        })
        .only(QUEUES)
        .build()
        .unwrap()
}

async fn commits(dynamo: &Dynamo, account: &str) -> Vec<Commit> {
    let stream = key(account).stream().unwrap();
    dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap().commits
}

fn message(commit: &Commit, receives: u32) -> Received {
    Received::new(Value::Object(record::encode(commit)).to_string()).with_receives(receives)
}

/// Delivers messages to a queue in any order, some of them twice, until each is done or dead. Returns the dead ones.
async fn deliver(app: &App, queue: &str, commits: &[Commit], random: &mut fastrand::Rng) -> Vec<Commit> {
    let consumer = app.consumer(queue).unwrap();
    // As the filter of its subscription has it.
    let wanted = |commit: &&Commit| queue == "Wealth" || commit.events[0].name == "Deposited";
    let commits: Vec<_> = commits.iter().filter(wanted).collect();
    let again = commits.iter().copied().filter(|_| random.u8(..4) == 0).collect::<Vec<_>>();
    let mut waiting: Vec<_> = commits.into_iter().chain(again).map(|commit| (commit.clone(), 1)).collect();
    let mut dead = Vec::new();
    while !waiting.is_empty() {
        random.shuffle(&mut waiting);
        let batch = waiting.split_off(waiting.len() - random.usize(1..=waiting.len().min(4)));
        let messages: Vec<_> = batch.iter().map(|(commit, receives)| message(commit, *receives)).collect();
        for ((commit, receives), verdict) in batch.into_iter().zip(consumer.take(&messages).await) {
            match verdict {
                Verdict::Done => {}
                Verdict::Dead { .. } => dead.push(commit),
                _ => waiting.push((commit, receives + 1)),
            }
        }
    }
    dead
}

/// Commands of another course of events.
async fn go_on(app: &App, account: &str, count: u64) {
    if app.load(&key(account)).await.unwrap().version.is_none() {
        app.execute(&key(account), Open { owner: "Eve".into() }).await.unwrap();
    }
    for number in 0..count {
        app.execute(&key(account), deposit(1_000 + number)).await.unwrap();
    }
}

async fn fill(app: &App, random: &mut fastrand::Rng) {
    open(app, &ACCOUNTS).await;
    for account in ACCOUNTS {
        for cents in 1..=random.u64(1..6) {
            app.execute(&key(account), deposit(cents)).await.unwrap();
        }
    }
}

fn deposits(commits: &[Commit]) -> BTreeSet<(String, u64)> {
    let events = commits.iter().flat_map(|commit| commit.events.iter().map(move |event| (commit, event)));
    let deposits = events.filter(|(_, event)| event.name == "Deposited");
    deposits
        .map(|(commit, event)| (commit.stream.sk().to_owned(), event.data["cents"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn nothing_wrong_stays_silent_behind_a_broker_and_one_call_brings_all_back() {
    for seed in 0..12 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (dynamo, audit) = (Dynamo::embedded_in_memory().await.unwrap(), Audit::default());
        let before = program(&dynamo, &audit);
        fill(&before, &mut random).await;
        before.run_until_idle().await.unwrap();

        let (mut lost, mut new) = (Vec::new(), Vec::new());
        let app = program(&dynamo, &audit);
        for account in ACCOUNTS {
            let kept = random.usize(..=commits(&dynamo, account).await.len());
            lost.extend(raw::take_back(&dynamo, &key(account), kept).await);
            go_on(&app, account, random.u64(..4)).await;
            new.extend(commits(&dynamo, account).await.split_off(kept));
        }
        audit.0.lock().unwrap().clear();
        // Some of the lost ones were on their way.
        let mut sent = new.clone();
        sent.extend(lost.iter().filter(|_| random.bool()).cloned());
        let mut dead = BTreeMap::new();
        for queue in QUEUES {
            dead.insert(queue, deliver(&app, queue, &sent, &mut random).await);
        }

        let handled: BTreeSet<_> = audit.0.lock().unwrap().iter().cloned().collect();
        assert!(deposits(&new).is_subset(&handled), "seed {seed}: a new event was not handled");
        let (stored, folded) = (Views::stored(&app).await, Views::folded(&app, &ACCOUNTS).await);
        for account in ACCOUNTS {
            let stream = key(account).stream().unwrap();
            let is_told = dead["Statement"].iter().any(|commit| commit.stream == stream);
            let is_met =
                new.iter().any(|commit| commit.stream == stream && commit.events[0].name == "Deposited");
            if is_met && !is_told {
                assert_eq!(stored.statement(account), folded.statement(account), "seed {seed}: {account}");
            }
        }

        app.after_restore().await.unwrap();
        assert_views_are_the_fold(&app, &ACCOUNTS, &format!("seed {seed}")).await;
        for (queue, letters) in &dead {
            let consumer = app.consumer(queue).unwrap();
            for commit in letters {
                let verdict = consumer.redrive(&[message(commit, 1)]).await;
                assert!(verdict == [Verdict::Done] || lost.contains(commit), "seed {seed}: {verdict:?}");
            }
        }
        // Streams that a restore had taken back as a whole begin anew.
        let known = app.load(&key("0")).await.unwrap().version.get();
        for account in ACCOUNTS {
            go_on(&app, account, 2).await;
            let all = commits(&dynamo, account).await;
            for queue in QUEUES {
                assert_eq!(deliver(&app, queue, &all, &mut random).await, [], "seed {seed}: {queue} {known}");
            }
        }
        assert_views_are_the_fold(&app, &ACCOUNTS, &format!("seed {seed}, later")).await;
    }
}

#[tokio::test]
async fn nothing_wrong_stays_silent_in_one_process_and_one_call_brings_all_back() {
    for seed in 0..12 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (dynamo, audit) = (Dynamo::embedded_in_memory().await.unwrap(), Audit::default());
        let mut app = program(&dynamo, &audit);
        fill(&app, &mut random).await;
        app.run_until_idle().await.unwrap();

        let mut new = Vec::new();
        // What this process remembers about views may be older than the restore.
        let commander = program(&dynamo, &audit);
        if random.bool() {
            app = program(&dynamo, &audit);
        }
        for account in ACCOUNTS {
            let kept = random.usize(..=commits(&dynamo, account).await.len());
            raw::take_back(&dynamo, &key(account), kept).await;
            go_on(&commander, account, random.u64(..4)).await;
            new.extend(commits(&dynamo, account).await.split_off(kept));
        }
        audit.0.lock().unwrap().clear();
        app.run_until_idle().await.unwrap();

        let handled: BTreeSet<_> = audit.0.lock().unwrap().iter().cloned().collect();
        assert!(deposits(&new).is_subset(&handled), "seed {seed}: a new event was not handled");
        let (stored, folded) = (Views::stored(&app).await, Views::folded(&app, &ACCOUNTS).await);
        for commit in new.iter().filter(|commit| commit.events[0].name == "Deposited") {
            let account = commit.stream.sk().trim_start_matches("ACCOUNT#");
            assert_eq!(stored.statement(account), folded.statement(account), "seed {seed}: {account}");
        }

        app.after_restore().await.unwrap();
        assert_views_are_the_fold(&app, &ACCOUNTS, &format!("seed {seed}")).await;
        app.dead_letters().redrive("Wealth").await.unwrap();
        assert!(letters(&app).await.iter().all(|(subscriber, _, _)| subscriber == "@relay"), "seed {seed}");
        for account in ACCOUNTS {
            go_on(&app, account, 2).await;
        }
        app.run_until_idle().await.unwrap();
        assert_views_are_the_fold(&app, &ACCOUNTS, &format!("seed {seed}, later")).await;
    }
}

#[tokio::test]
async fn what_is_not_in_the_store_enters_no_view() {
    let (dynamo, audit) = (Dynamo::embedded_in_memory().await.unwrap(), Audit::default());
    let app = program(&dynamo, &audit);
    open(&app, &["0"]).await;
    app.execute(&key("0"), deposit(1)).await.unwrap();
    app.run_until_idle().await.unwrap();
    let forged = |account, version| {
        let event = Deposited { owner: "Ada".into(), cents: 999, note: String::new() };
        let record = match version {
            1 => raw::record(&key(account), 1, &Opened { owner: "Eve".into() }),
            _ => raw::record(&key(account), version, &event),
        };
        Received::new(Value::Object(record).to_string())
    };
    let before = Views::stored(&app).await;
    for queue in ["Statement", "Wealth"] {
        let consumer = app.consumer(queue).unwrap();
        for (account, version) in [("0", 3), ("0", 4), ("1", 1), ("1", 2)] {
            if queue == "Statement" && version == 1 {
                continue;
            }
            let first = consumer.take(&[forged(account, version)]).await;
            assert!(matches!(&first[0], Verdict::Retry { .. }), "{queue} {account} {version}: {first:?}");
            let last = forged(account, version).with_receives(9);
            let verdict = consumer.take(&[last]).await;
            let Verdict::Dead { reason } = &verdict[0] else { panic!("{queue}: {verdict:?}") };
            assert!(reason.contains("the store has no commit"), "{reason}");
        }
    }
    assert_eq!(Views::stored(&app).await, before);

    // The true commits come to the same places.
    app.execute(&key("0"), deposit(5)).await.unwrap();
    open(&app, &["1"]).await;
    for queue in ["Statement", "Wealth"] {
        let consumer = app.consumer(queue).unwrap();
        for (account, version) in [("0", 3), ("1", 1)] {
            let verdict = consumer.take(&[forged(account, version)]).await;
            if queue == "Statement" && version == 1 {
                continue;
            }
            let Verdict::Dead { reason } = &verdict[0] else { panic!("{queue}: {verdict:?}") };
            assert!(reason.contains("the store has another commit"), "{reason}");
        }
    }
    app.run_until_idle().await.unwrap();
    assert_views_are_the_fold(&app, &["0", "1"], "the true ones").await;
}

/// A late message is beyond the end of its stream. What lies in between was acknowledged long ago, and does not come
/// again.
#[tokio::test]
async fn a_view_that_is_folded_anew_goes_to_the_end_of_its_stream() {
    let (dynamo, audit) = (Dynamo::embedded_in_memory().await.unwrap(), Audit::default());
    let app = program(&dynamo, &audit);
    open(&app, &["0"]).await;
    for cents in 1..=4 {
        app.execute(&key("0"), deposit(cents)).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
    raw::take_back(&dynamo, &key("0"), 3).await;
    let late = commits(&dynamo, "0").await.remove(1);
    let taken = app.consumer("Statement").unwrap().take(&[message(&late, 1)]).await;
    assert_eq!(taken, [Verdict::Done]);
    assert_eq!(Views::stored(&app).await.statement("0").unwrap().lines, [1, 2]);
}
