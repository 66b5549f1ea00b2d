//! A thousand commands, each followed by a read with its token, while messages come late, twice, in any order and to
//! either of two processes, requests fail and processes are killed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_dynamo::Embedded;
use cqrs_tests::bank::{AccountEvent, DepositAll, Statement, Wealth, Withdraw};
use cqrs_tests::faults::{Fault, Faults, database};
use fastrand::Rng;
use futures_util::future::{join_all, select};

use crate::*;

const CUSTOMERS: u64 = 4;
const ACCOUNTS: usize = 8;
const COMMANDS_EACH: u64 = 250;
const PERCENT: u32 = 10;
/// The most messages of one batch.
const BATCH: usize = 10;
/// The most steps that a process takes before it is killed.
const STEPS: usize = 40;

fn chance(rng: &mut Rng) -> bool {
    rng.u32(..100) < PERCENT
}

/// A broker that keeps only one promise: at least once.
#[derive(Default)]
struct Queues(Mutex<Vec<(&'static str, Received)>>);

impl Queues {
    /// The filter of `Statement` lets no `Opened` through.
    fn send(&self, app: &App, commit: &Commit, rng: &mut Rng) {
        let body = Message::of(app, commit).body;
        let mut messages = self.0.lock().unwrap();
        let queues =
            if commit.version == Version::new(1) { &["Wealth"][..] } else { &["Statement", "Wealth"] };
        for queue in queues {
            messages.push((queue, Received::new(&*body)));
            if chance(rng) {
                messages.push((queue, Received::new(&*body)));
            }
        }
    }

    fn receive(&self, rng: &mut Rng) -> Option<(&'static str, Vec<Received>)> {
        let mut messages = self.0.lock().unwrap();
        rng.shuffle(&mut messages);
        let (queue, first) = messages.pop()?;
        let mut batch = vec![first];
        let more = rng.usize(..BATCH);
        batch.extend(messages.extract_if(.., |(of, _)| *of == queue).take(more).map(|(_, message)| message));
        Some((queue, batch))
    }

    fn put_back(&self, queue: &'static str, batch: impl IntoIterator<Item = Received>) {
        self.0.lock().unwrap().extend(batch.into_iter().map(|message| (queue, message)));
    }
}

/// A process in which one request of ten goes wrong.
fn shaken(database: &Embedded, seed: u64) -> App {
    let rng = Mutex::new(Rng::with_seed(seed));
    let faults = Faults::new(database, move |_| {
        let mut rng = rng.lock().unwrap();
        if !chance(&mut rng) {
            return Fault::None;
        }
        let faults = [
            Fault::Reset,
            Fault::AnswerLost,
            Fault::Answer(500, "InternalServerError"),
            Fault::Answer(400, "ThrottlingException"),
        ];
        faults[rng.usize(..faults.len())]
    });
    delivering(&faults.dynamo_without_retries())
}

fn delivering(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .only(["Statement", "Wealth"])
        .settings(|settings| settings.delivery.attempts = u32::MAX)
        .build()
        .unwrap()
}

/// Takes batches to one process or the other, some of them only for some steps.
async fn deliver(queues: &Queues, database: &Embedded, calm: &App, mut rng: Rng) {
    let mut other = shaken(database, rng.u64(..));
    loop {
        tokio::task::yield_now().await;
        let Some((queue, batch)) = queues.receive(&mut rng) else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        if chance(&mut rng) {
            // It was received, and never arrived.
            queues.put_back(queue, batch);
            continue;
        }
        let consumer = if rng.bool() { calm } else { &other }.consumer(queue).unwrap();
        let steps = if chance(&mut rng) { rng.usize(..STEPS) } else { usize::MAX };
        match stopped_after(steps, consumer.take(&batch)).await {
            Some(verdicts) => {
                for (message, verdict) in batch.into_iter().zip(verdicts) {
                    assert!(!matches!(verdict, Verdict::Dead { .. }), "{verdict:?}");
                    if verdict != Verdict::Done || chance(&mut rng) {
                        queues.put_back(queue, [message]);
                    }
                }
            }
            None => {
                queues.put_back(queue, batch);
                other = shaken(database, rng.u64(..));
            }
        }
    }
}

/// Lets work run for this many steps; `None` if it has not finished by then.
async fn stopped_after<T>(mut steps: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        if steps == 0 {
            return std::task::Poll::Ready(None);
        }
        steps -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// What one customer knows about some accounts: nobody else writes there.
struct Customer<'a> {
    app: &'a App,
    dynamo: &'a Dynamo,
    queues: &'a Queues,
    keys: Vec<AccountKey>,
    owner: WealthKey,
    lines: Vec<Vec<i64>>,
    stale: &'a AtomicUsize,
}

impl Customer<'_> {
    async fn live(mut self, mut rng: Rng) {
        for key in self.keys.clone() {
            let done = self.app.execute(&key, Open { owner: self.owner.owner().clone() }).await.unwrap();
            self.publish(&done.token(), &mut rng).await;
        }
        for _ in 0..COMMANDS_EACH {
            let which = rng.usize(..ACCOUNTS);
            let key = self.keys[which].clone();
            let balance: i64 = self.lines[which].iter().sum();
            let done = match rng.usize(..3) {
                0 => self.app.execute(&key, DepositAll(vec![1, 2, 3])).await.unwrap(),
                1 if balance > 0 => self.app.execute(&key, Withdraw { cents: 1 }).await.unwrap(),
                _ => self.app.execute(&key, deposit(rng.u64(1..50))).await.unwrap(),
            };
            for event in &done.events {
                self.lines[which].push(match event {
                    AccountEvent::Opened(_) => continue,
                    AccountEvent::Deposited(event) => event.cents.cast_signed(),
                    AccountEvent::Withdrawn(event) => -event.cents.cast_signed(),
                });
            }
            let token = done.token();
            let (stale, ()) = tokio::join!(self.stale_reads(which, &token), self.publish(&token, &mut rng));
            self.stale.fetch_add(stale, Ordering::Relaxed);
        }
    }

    /// If the relay is slow, the message is late.
    async fn publish(&self, token: &CommitToken, rng: &mut Rng) {
        let commit = commit_of(self.dynamo, token).await;
        for _ in 0..rng.usize(..20) {
            tokio::task::yield_now().await;
        }
        self.queues.send(self.app, &commit, rng);
    }

    /// How many of two views lack what this customer has done.
    async fn stale_reads(&self, which: usize, token: &CommitToken) -> usize {
        let statement = self.app.view::<Statement>(&self.keys[which]).at_least(token).within(FOR_EVER).await;
        let wealth = self.app.view::<Wealth>(&self.owner).at_least(token).within(FOR_EVER).await;
        let (statement, wealth) =
            (statement.unwrap().unwrap_or_default(), wealth.unwrap().unwrap_or_default());
        let cents: i64 = self.lines.iter().flatten().sum();
        usize::from(statement.lines != self.lines[which]) + usize::from(wealth.cents.cast_signed() != cents)
    }
}

#[tokio::test]
async fn a_thousand_commands_are_followed_by_reads_that_contain_them() {
    let (database, dynamo) = database().await;
    let (front, calm) = (front(&dynamo), delivering(&dynamo));
    let (queues, stale) = (Queues::default(), AtomicUsize::new(0));
    let customers = (0..CUSTOMERS).map(|number| {
        let keys = (0..ACCOUNTS).map(|account| bank::account(&format!("{number}-{account}")));
        let customer = Customer {
            // Half of them read in a process that delivers, and half in one that does not.
            app: if number % 2 == 0 { &front } else { &calm },
            dynamo: &dynamo,
            queues: &queues,
            keys: keys.collect(),
            owner: WealthKey::new(&tenant(), format!("owner {number}")),
            lines: vec![Vec::new(); ACCOUNTS],
            stale: &stale,
        };
        customer.live(Rng::with_seed(number))
    });
    let customers = std::pin::pin!(join_all(customers));
    let delivery = std::pin::pin!(deliver(&queues, &database, &calm, Rng::with_seed(CUSTOMERS)));
    select(customers, delivery).await;
    assert_eq!(stale.load(Ordering::Relaxed), 0, "of {} reads", 2 * CUSTOMERS * COMMANDS_EACH);
}
