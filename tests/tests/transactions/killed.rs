//! A process that is killed between any two steps, or amid one, leaves each transfer whole or absent.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::app::Stores;
use cqrs_core::prelude::*;
use cqrs_core::store::{Append, AppendAll, CommitKey, CommitPage, CommitScan, Extent, NewCommit, NewCommits};
use cqrs_core::{EventStore, StoreError, StreamKey};
use cqrs_dynamo::{Dynamo, DynamoEventStore};
use cqrs_tests::bank::{self, AccountEvent, Withdraw, deposit};
use futures_util::TryStreamExt;
use tempfile::TempDir;

use super::account;

/// What tells the process that is to be killed its database, and at which step it waits for that.
const FILE: &str = "KILLED_TELLER_FILE";
const STEP: &str = "KILLED_TELLER_STEP";

/// So many accounts, one after the other, that give to the next one.
const ACCOUNTS: usize = 3;

/// Says each step on the way to the store, and waits at one of them to be killed.
#[derive(Clone)]
struct Stepping {
    store: DynamoEventStore,
    steps: Arc<AtomicUsize>,
    last: usize,
}

impl Stepping {
    async fn step(&self) {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        say(&format!("step {step}"));
        if step == self.last {
            std::future::pending::<()>().await;
        }
    }
}

/// The parent reads it at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n@{line}").unwrap();
    out.flush().unwrap();
}

impl EventStore for Stepping {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.step().await;
        let appended = self.store.append(commit).await;
        self.step().await;
        appended
    }

    async fn append_all(&self, commits: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        self.step().await;
        let appended = self.store.append_all(commits).await;
        self.step().await;
        appended
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.step().await;
        self.store.read(stream, after, until).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.store.scan(extent, after).await
    }
}

fn id(number: usize) -> String {
    format!("transfer-{number}")
}

/// The process that is killed: it sends all transfers from the first one on, as often as it is started.
#[tokio::test]
#[ignore = "a process that the other tests start"]
async fn teller() {
    let (Ok(file), Ok(step)) = (env::var(FILE), env::var(STEP)) else { return };
    let dynamo = Dynamo::embedded(file).await.unwrap();
    let store = dynamo.event_store();
    let delivery = store.delivery();
    let stepping = Stepping { store, steps: Arc::default(), last: step.parse().unwrap() };
    let app = bank::app(Stores::new(stepping, delivery)).unwrap();
    for number in 0.. {
        let from = bank::account(&(number % ACCOUNTS).to_string());
        let to = bank::account(&((number + 1) % ACCOUNTS).to_string());
        let both = app.transaction().execute(&from, Withdraw { cents: 3 }).execute(&to, deposit(3));
        both.command_id(id(number)).await.unwrap();
        say(&format!("done {number}"));
    }
}

/// A teller, and what it says.
struct Teller {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Teller {
    fn start(file: &Path, step: usize) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::teller", "--ignored", "--nocapture", "--test-threads", "1"])
            .env(FILE, file)
            .env(STEP, step.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    fn next(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "the teller has ended by itself");
            if let Some(said) = line.trim_end().strip_prefix('@') {
                return said.to_owned();
            }
        }
    }

    /// Waits for a word, kills the process there, and tells how many transfers were answered.
    fn kill_at(mut self, word: &str) -> usize {
        let mut answered = 0;
        loop {
            let said = self.next();
            answered += usize::from(said.starts_with("done"));
            if said == word {
                break;
            }
        }
        // SIGKILL: it has no time for anything.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        answered
    }
}

/// What is stored: the transfers by their ids, both sides of each, and at least those that were answered.
async fn check(file: &Path, answered: usize, told: &str) -> usize {
    let dynamo = Dynamo::embedded(file).await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    let mut sides: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for number in 0..ACCOUNTS {
        let history: Vec<Recorded<AccountEvent>> =
            app.history(&bank::account(&number.to_string())).try_collect().await.unwrap();
        for recorded in &history[2..] {
            let cents = match recorded.event() {
                AccountEvent::Deposited(event) => event.cents.cast_signed(),
                AccountEvent::Withdrawn(event) => -event.cents.cast_signed(),
                AccountEvent::Opened(_) => panic!("{told}"),
            };
            sides.entry(recorded.metadata().command_id.clone()).or_default().push(cents);
        }
    }
    for (id, cents) in &mut sides {
        cents.sort_unstable();
        assert_eq!(*cents, [-3, 3], "{told}: {id}");
    }
    for number in 0..answered {
        assert!(sides.contains_key(&id(number)), "{told}: {} is lost", id(number));
    }
    sides.len()
}

async fn prepare() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bank.db");
    let dynamo = Dynamo::embedded(&file).await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    for number in 0..ACCOUNTS {
        account(&app, &number.to_string(), 1000).await;
    }
    (folder, file)
}

#[tokio::test]
async fn a_process_that_is_killed_between_any_two_steps_leaves_no_half_of_a_transfer() {
    let mut stored = Vec::new();
    for step in 0..10 {
        let (_folder, file) = prepare().await;
        let answered = Teller::start(&file, step).kill_at(&format!("step {step}"));
        stored.push(check(&file, answered, &format!("killed at step {step}")).await);
        // Started again, it sends everything again, and goes on behind what is there.
        let answered = Teller::start(&file, usize::MAX).kill_at("done 4");
        assert_eq!(answered, 5);
        assert!(check(&file, answered, &format!("again after step {step}")).await >= 5);
    }
    // Between a transfer and its answer, too.
    assert!(stored.contains(&0) && stored.contains(&1) && stored.contains(&2), "{stored:?}");
}

/// Wherever it is: in the middle of what SQLite writes, as well.
#[tokio::test]
async fn a_process_that_is_killed_again_and_again_amid_its_work_leaves_no_half_of_a_transfer() {
    let (_folder, file) = prepare().await;
    let mut rng = fastrand::Rng::with_seed(11);
    for kill in 0..15 {
        let told = format!("kill {kill}");
        let answered = Teller::start(&file, usize::MAX).kill_at(&format!("step {}", rng.usize(3..40)));
        check(&file, answered, &told).await;
    }
}
