//! A real process, with a database in a file, is killed during its work, again and again, and takes each step once.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use cqrs_core::StreamKey;
use cqrs_core::app::Stores;
use cqrs_core::prelude::*;
use cqrs_core::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, EventStore, Extent, NewCommit, NewCommits,
    StoreError, TimerId, TimerPage,
};
use cqrs_core::testing::Clock;
use cqrs_dynamo::{Dynamo, DynamoEventStore};
use tempfile::TempDir;

use crate::booking::MINUTE;
use crate::oracle::{self, Stored};
use crate::world::{HOUSES, Order, look, timers};

/// Tells the process that is to be killed its database, and the turn to begin with.
const FILE: &str = "KILLED_INN_FILE";
const TURN: &str = "KILLED_INN_TURN";
const KILLS: usize = 20;
const PER_TURN: usize = 6;
/// The turns in which something is booked; after some more all deadlines are over.
const TURNS: usize = 50;
const LAST: usize = TURNS + 6;

/// Reports each request on its way, so that the process can be killed there.
#[derive(Clone)]
struct Saying(DynamoEventStore);

/// The parent reads it at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n@{line}").unwrap();
    out.flush().unwrap();
}

async fn said<T>(request: impl Future<Output = T>) -> T {
    say("sent");
    let answer = request.await;
    say("answered");
    answer
}

impl EventStore for Saying {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        said(self.0.append(commit)).await
    }

    async fn append_all(&self, commits: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        said(self.0.append_all(commits)).await
    }

    async fn timers(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> Result<TimerPage, StoreError> {
        self.0.timers(partition, until, after).await
    }

    async fn remove_timer(&self, id: &TimerId) -> Result<bool, StoreError> {
        said(self.0.remove_timer(id)).await
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.0.read(stream, after, until).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.0.scan(extent, after).await
    }
}

fn name(number: usize) -> String {
    format!("b{number}")
}

/// What is ordered in a turn, under the same ids each time: some of the bookings of two turns ago are paid or declined, and some of those of
/// one turn ago are extended.
fn orders(turn: usize) -> Vec<Order> {
    let of = |turn: usize| (turn * PER_TURN..(turn + 1) * PER_TURN).filter(move |_| turn < TURNS);
    let at = |number: usize| HOUSES[number % HOUSES.len()];
    let mut orders: Vec<_> =
        of(turn).map(|number| Order::hold(format!("hold {number}"), at(number), &name(number))).collect();
    if let Some(before) = turn.checked_sub(1) {
        let extended = of(before).filter(|number| number % 3 == 0);
        orders.extend(
            extended.map(|number| Order::extend(format!("extend {number}"), at(number + 1), &name(number))),
        );
    }
    if let Some(before) = turn.checked_sub(2) {
        let paid = of(before).filter(|number| number % 2 == 0);
        orders.extend(paid.map(|number| Order::pay(format!("pay {number}"), &name(number))));
    }
    orders
}

/// The process that is killed. A turn is five minutes.
#[tokio::test]
#[ignore = "a process that the other test starts"]
async fn porter() {
    let (Ok(file), Ok(turn)) = (env::var(FILE), env::var(TURN)) else { return };
    let dynamo = Dynamo::embedded(file).await.unwrap();
    let store = dynamo.event_store();
    let (delivery, feed) = (store.delivery(), store.clone());
    let stores = Stores::new(Saying(store), delivery).feed(move || feed.feed());
    let begin: Timestamp = "2024-01-01T10:00:00Z".parse().unwrap();
    let clock = Clock::at(begin);
    let app = App::builder(stores).clock(&clock).only(["Booking"]).build().unwrap();
    for turn in turn.parse().unwrap()..LAST {
        clock.set(begin + u32::try_from(turn).unwrap() * 5 * MINUTE);
        say(&format!("turn {turn}"));
        for order in orders(turn) {
            assert!(order.send(&app).await);
        }
        app.run_until_idle().await.unwrap();
    }
    say("through");
}

/// Lets a porter report a number of requests, and then kills it; returns the turn that it was in, and whether it had
/// finished.
fn kill_after(file: &Path, turn: usize, lines: usize) -> (usize, bool) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::porter", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(FILE, file)
        .env(TURN, turn.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    let said: Vec<_> =
        said.lines().map_while(Result::ok).filter(|line| line.starts_with('@')).take(lines).collect();
    // SIGKILL: it has no time for anything.
    child.kill().unwrap();
    child.wait().unwrap();
    let is_through = said.last().is_some_and(|line| line == "@through");
    assert!(is_through || said.len() == lines, "the porter has ended by itself");
    let last = said.iter().rev().find_map(|line| line.strip_prefix("@turn "));
    (last.map_or(turn, |turn| turn.parse().unwrap()), is_through)
}

#[tokio::test]
async fn whenever_a_process_is_killed_each_step_happens_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("inn.db");
    // Two processes do not create the tables at the same time.
    drop(Dynamo::embedded(&file).await.unwrap());
    let mut rng = fastrand::Rng::with_seed(7);
    let mut turn = 0;
    for kill in 0..KILLS {
        let (last, is_through) = kill_after(&file, turn, rng.usize(1..220));
        assert!(!is_through, "it was through after {kill} kills");
        turn = last;
    }
    assert!(kill_after(&file, turn, usize::MAX).1);

    let dynamo = Dynamo::embedded(&file).await.unwrap();
    let store = dynamo.event_store();
    let bookings: Vec<_> = (0..TURNS * PER_TURN).map(name).collect();
    let mut stored = Stored::default();
    look(&store, &bookings, &mut stored).await;
    let orders: BTreeSet<_> = (0..LAST).flat_map(orders).map(|order| order.id).collect();
    let models = oracle::check(&stored, &orders, "killed");
    for (number, model) in (0..bookings.len()).map(|number| (number, &models[&name(number)])) {
        assert!(model.ended && model.extensions == u32::from(number % 3 == 0), "{number}: {model:?}");
        assert_eq!((model.paid, model.expired), (number % 2 == 0, number % 2 > 0), "{number}: {model:?}");
    }
    assert_eq!(timers(&store, "2024-01-01T10:00:00Z".parse().unwrap()).await, 0);
    let app = App::builder(store).only(["Booking"]).build().unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
}
