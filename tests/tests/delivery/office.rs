//! What these tests share: handlers whose answers a test sets, and the fold to compare views with.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::StreamKey;
use cqrs_core::delivery::{DeadLetter, RetryPolicy};
use cqrs_core::prelude::*;
use cqrs_core::view::ViewStore;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{
    self, AccountEvent, AccountKey, Deposit, Deposited, Open, Opened, Statement, Wealth, Withdrawn, deposit,
    tenant,
};
use futures_util::TryStreamExt;
use tokio::sync::Notify;

/// All subscribers but the gate.
pub(crate) const ALL: [&str; 4] = ["Statement", "Wealth", "clerk", "pass"];
/// How often a subscriber tries in these tests.
pub(crate) const ATTEMPTS: u32 = 3;

type Handled = Result<(), HandlerError>;

/// One event as a handler received it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) stream: StreamKey,
    pub(crate) version: u64,
    pub(crate) index: usize,
}

impl Call {
    /// Whether it is this commit of this account.
    pub(crate) fn is(&self, account: &str, version: u64) -> bool {
        self.stream == bank::account(account).stream().unwrap() && self.version == version
    }
}

/// What the clerk does with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Retry,
    Permanent,
    Panic,
}

/// A handler that records what it receives, and answers as it is told. Clones share both.
#[derive(Clone)]
pub(crate) struct Clerk(Arc<Mutex<Desk>>);

struct Desk {
    calls: Vec<Call>,
    answer: Box<dyn FnMut(&Call) -> Answer + Send>,
}

impl Clerk {
    /// A handler that does its work.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Desk { calls: Vec::new(), answer: Box::new(|_| Answer::Done) })))
    }

    /// Tells the clerk how to answer from now on.
    pub(crate) fn answers(&self, answer: impl FnMut(&Call) -> Answer + Send + 'static) {
        self.0.lock().unwrap().answer = Box::new(answer);
    }

    /// Fails at one commit only, always in this way.
    pub(crate) fn fails_at(&self, account: &'static str, version: u64, answer: Answer) {
        self.answers(move |call| if call.is(account, version) { answer } else { Answer::Done });
    }

    /// What it has received since the last call.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    /// The versions of one account among them, in the order of their arrival.
    pub(crate) fn versions(&self, account: &str) -> Vec<u64> {
        let stream = bank::account(account).stream().unwrap();
        let calls = self.0.lock().unwrap().calls.clone();
        calls.into_iter().filter(|call| call.stream == stream).map(|call| call.version).collect()
    }

    fn take<E>(&self, event: &Recorded<E>) -> Handled {
        let call =
            Call { stream: event.stream().clone(), version: event.version().get(), index: event.index() };
        let answer = {
            let mut desk = self.0.lock().unwrap();
            desk.calls.push(call.clone());
            (desk.answer)(&call)
        };
        match answer {
            Answer::Done => Ok(()),
            Answer::Retry => Err(HandlerError::retry("the clerk is ill")),
            Answer::Permanent => Err(HandlerError::permanent("the clerk refuses")),
            Answer::Panic => panic!("the clerk panics"),
        }
    }
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clerk")
    }
}

#[event_handler(Opened, Deposited, Withdrawn, name = "clerk")]
impl Clerk {
    async fn opened(&self, event: &Recorded<Opened>) -> Handled {
        self.take(event)
    }

    async fn deposited(&self, event: &Recorded<Deposited>) -> Handled {
        self.take(event)
    }

    async fn withdrawn(&self, event: &Recorded<Withdrawn>) -> Handled {
        self.take(event)
    }
}

/// Hands a deposit on to the account that its note names, which hands it on to the account before it, down to `0`.
#[event_handler(Deposited, name = "pass")]
async fn pass(event: &Recorded<Deposited>, app: &App) -> Handled {
    let Ok(number) = event.note.parse::<u32>() else { return Ok(()) };
    let note = number.checked_sub(1).map(|number| number.to_string()).unwrap_or_default();
    app.execute(&bank::account(&event.note), Deposit { cents: event.cents, note }).await?;
    Ok(())
}

/// A handler that tells when it has been entered, and waits until it may leave. Clones share both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    pub(crate) entered: Arc<Notify>,
    pub(crate) opened: Arc<Notify>,
}

#[event_handler(Deposited, name = "gate")]
impl Gate {
    async fn deposited(&self, _: &Deposited) -> Handled {
        self.entered.notify_one();
        self.opened.notified().await;
        Ok(())
    }
}

/// An app with some of the subscribers, none of which ever waits.
pub(crate) fn app_of(
    store: impl cqrs_core::app::IntoStores,
    views: impl ViewStore,
    clerk: &Clerk,
    only: &[&str],
) -> App {
    let hasty = |attempts| RetryPolicy { attempts, base: Duration::ZERO, cap: Duration::ZERO };
    App::builder(store)
        .views(views)
        .provide(clerk.clone())
        .settings(|settings| {
            settings.conflict = hasty(100);
            settings.delivery = hasty(ATTEMPTS);
            settings.poll = Duration::ZERO;
        })
        .only(only.iter().copied())
        .build()
        .unwrap()
}

/// An app with all subscribers but the gate.
pub(crate) fn app(dynamo: &Dynamo, clerk: &Clerk) -> App {
    app_of(dynamo.event_store(), dynamo.views(), clerk, &ALL)
}

/// A database, an app on it, and its clerk.
pub(crate) async fn start() -> (Dynamo, App, Clerk) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let clerk = Clerk::new();
    (dynamo.clone(), app(&dynamo, &clerk), clerk)
}

/// Opens accounts in the names of two owners.
pub(crate) async fn open(app: &App, accounts: &[&str]) {
    for (index, account) in accounts.iter().enumerate() {
        let owner = if index % 2 == 0 { "Ada" } else { "Bob" };
        app.execute(&bank::account(account), Open { owner: owner.into() }).await.unwrap();
    }
}

/// One deposit into each account.
pub(crate) async fn pay(app: &App, accounts: &[&str]) {
    for account in accounts {
        app.execute(&bank::account(account), deposit(7)).await.unwrap();
    }
}

/// The whole log of an account.
pub(crate) async fn log(app: &App, account: &str) -> Vec<Recorded<AccountEvent>> {
    app.history(&bank::account(account)).try_collect().await.unwrap()
}

/// All views, by their ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Views {
    statements: BTreeMap<String, Statement>,
    wealth: BTreeMap<String, Wealth>,
}

impl Views {
    /// As they are stored.
    pub(crate) async fn stored(app: &App) -> Self {
        let statements =
            app.views::<Statement>(&tenant()).map_ok(|found| (found.key.id().clone(), found.view));
        let wealth = app.views::<Wealth>(&tenant()).map_ok(|found| (found.key.owner().clone(), found.view));
        Self {
            statements: statements.try_collect().await.unwrap(),
            wealth: wealth.try_collect().await.unwrap(),
        }
    }

    /// As they follow from the logs of these accounts.
    pub(crate) async fn folded(app: &App, accounts: &[&str]) -> Self {
        let mut views = Self::default();
        for account in accounts {
            for recorded in log(app, account).await {
                views.fold(account, recorded.event());
            }
        }
        views
    }

    pub(crate) fn statement(&self, account: &str) -> Option<&Statement> {
        self.statements.get(account)
    }

    fn fold(&mut self, account: &str, event: &AccountEvent) {
        let (owner, cents) = match event {
            AccountEvent::Opened(event) => (&event.owner, None),
            AccountEvent::Deposited(event) => (&event.owner, Some(event.cents.cast_signed())),
            AccountEvent::Withdrawn(event) => (&event.owner, Some(-event.cents.cast_signed())),
        };
        let wealth = self.wealth.entry(owner.clone()).or_default();
        wealth.folded += 1;
        wealth.cents = wealth.cents.checked_add_signed(cents.unwrap_or(0)).unwrap();
        if let Some(cents) = cents {
            self.statements.entry(account.to_owned()).or_default().lines.push(cents);
        }
    }
}

/// Compares all views with the fold of the store.
pub(crate) async fn assert_views_are_the_fold(app: &App, accounts: &[&str], context: &str) {
    assert_eq!(Views::stored(app).await, Views::folded(app, accounts).await, "{context}");
}

/// The dead letters: subscriber, sort key and attempts.
pub(crate) async fn letters(app: &App) -> Vec<(String, String, u32)> {
    let letters = app.dead_letters().list().await.unwrap().into_iter();
    letters.map(|letter| (letter.id.subscriber, letter.id.sk, letter.attempts)).collect()
}

/// The clerk's dead letter of one commit.
pub(crate) async fn letter(app: &App, account: &str, version: u64) -> DeadLetter {
    let sk = commit_of(account, version);
    let letters = app.dead_letters().list().await.unwrap().into_iter();
    letters.filter(|letter| letter.id.subscriber == "clerk").find(|letter| letter.id.sk == sk).unwrap()
}

/// The clerk's dead letters of one account, as [`letters`] gives them.
pub(crate) fn of_clerk(account: &str, kept: &[(u64, u32)]) -> Vec<(String, String, u32)> {
    let letter =
        |&(version, attempts): &(u64, u32)| ("clerk".to_owned(), commit_of(account, version), attempts);
    kept.iter().map(letter).collect()
}

fn commit_of(account: &str, version: u64) -> String {
    cqrs_tests::raw::sort_key(&bank::account(account), version)
}

/// The key of an account, under a shorter name.
pub(crate) fn key(account: &str) -> AccountKey {
    bank::account(account)
}
