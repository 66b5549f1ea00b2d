//! A few machines, a broker and a store, all of which fail in every way, by a seed.

use std::collections::BTreeSet;
use std::time::Duration;

use cqrs_core::delivery::{Consumer, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, MemoryEventStore, TIMER_SHARDS, TimerId};
use cqrs_core::testing::Clock;
use cqrs_core::{Commit, StreamKey};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::database;
use cqrs_tests::shaken::{ShakenMemory, shaken};
use fastrand::Rng;

use crate::booking::{Decline, Extend, Hold, MINUTE, Pay, booking, house, payment};
use crate::oracle::Stored;

pub(crate) const HOUSES: [&str; 2] = ["A", "B"];
/// By how much a clock is wrong at most.
pub(crate) const SKEW: Duration = Duration::from_secs(5 * 60);

/// One batch in this number brings a copy of a finished message. More of them would repair what a crash has left
/// undone.
const COPIED: u32 = 10;

/// Where everything is stored, without faults, for the checks.
pub(crate) enum Base {
    Memory(MemoryEventStore),
    Dynamo(Embedded, Dynamo),
}

impl Base {
    pub(crate) async fn new(is_memory: bool) -> Self {
        if is_memory {
            return Self::Memory(MemoryEventStore::new());
        }
        let (database, dynamo) = database().await;
        Self::Dynamo(database, dynamo)
    }

    /// A program that loses requests, and remembers nothing.
    fn shaken(&self, clock: &Clock, seed: u64) -> App {
        let builder = match self {
            Self::Memory(store) => App::builder(ShakenMemory::new(store, seed)),
            Self::Dynamo(database, _) => App::builder(shaken(database, seed).event_store()),
        };
        builder.clock(clock).only(["Booking"]).build().unwrap()
    }

    pub(crate) fn calm(&self, clock: &Clock) -> App {
        let builder = match self {
            Self::Memory(store) => App::builder(store.clone()),
            Self::Dynamo(_, dynamo) => App::builder(dynamo.event_store()),
        };
        builder.clock(clock).only(["Booking"]).build().unwrap()
    }

    /// Adds what was stored since the last look.
    pub(crate) async fn look(&self, bookings: &[String], stored: &mut Stored) {
        match self {
            Self::Memory(store) => look(store, bookings, stored).await,
            Self::Dynamo(_, dynamo) => look(&dynamo.event_store(), bookings, stored).await,
        }
    }

    /// How many timers wait, whatever their time.
    pub(crate) async fn timers(&self, now: Timestamp) -> usize {
        match self {
            Self::Memory(store) => timers(store, now).await,
            Self::Dynamo(_, dynamo) => timers(&dynamo.event_store(), now).await,
        }
    }
}

/// Adds what was stored since the last look.
pub(crate) async fn look(store: &impl EventStore, bookings: &[String], stored: &mut Stored) {
    let houses = HOUSES.map(|name| house(name).stream().unwrap());
    let payments = bookings.iter().map(|name| payment(&booking(name)).stream().unwrap());
    for stream in houses.into_iter().chain(payments) {
        let earlier = stored.sources.iter().rev().find(|commit| commit.stream == stream);
        let new = behind(store, &stream, earlier).await;
        stored.sources.extend(new);
    }
    for name in bookings {
        let steps = stored.steps.entry(name.clone()).or_default();
        let new = behind(store, &booking(name).stream().unwrap(), steps.last()).await;
        steps.extend(new);
    }
}

async fn behind(store: &impl EventStore, stream: &StreamKey, last: Option<&Commit>) -> Vec<Commit> {
    let mut found: Vec<Commit> = Vec::new();
    loop {
        let after = found.last().or(last).map_or(Version::NONE, |commit| commit.version);
        let page = store.read(stream, after, Version::MAX).await.unwrap();
        found.extend(page.commits);
        if !page.more {
            return found;
        }
    }
}

pub(crate) async fn timers(store: &impl EventStore, now: Timestamp) -> usize {
    let mut found = 0;
    for shard in 0..TIMER_SHARDS {
        let page = store.timers(&TimerId::partition(shard), now + 100_000 * MINUTE, None).await.unwrap();
        found += page.timers.len();
    }
    found
}

/// One program, with a clock that is wrong.
pub(crate) struct Machine {
    pub(crate) app: App,
    pub(crate) consumer: Consumer,
    clock: Clock,
    skew: i64,
}

impl Machine {
    pub(crate) fn start(base: &Base, now: Timestamp, rng: &mut Rng) -> Self {
        let most = i64::try_from(SKEW.as_millis()).unwrap();
        let (clock, skew) = (Clock::at(now), rng.i64(-most..=most));
        let app = base.shaken(&clock, rng.u64(..));
        let consumer = app.consumer("Booking").unwrap();
        let machine = Self { app, consumer, clock, skew };
        machine.set(now);
        machine
    }

    /// The true time, which its clock does not show.
    pub(crate) fn set(&self, now: Timestamp) {
        self.clock.set(Timestamp::from_unix_millis(now.unix_millis() + self.skew));
    }

    /// Takes one batch after another. Finished ones are in `done`, even if it is stopped.
    pub(crate) async fn take_all(
        &self,
        batches: impl IntoIterator<Item = Vec<Commit>>,
        done: &mut Vec<(Commit, Verdict)>,
    ) {
        for batch in batches {
            let verdicts = take(&self.app, &self.consumer, &batch).await;
            done.extend(batch.into_iter().zip(verdicts));
        }
    }
}

pub(crate) async fn take(app: &App, consumer: &Consumer, commits: &[Commit]) -> Vec<Verdict> {
    let messages: Vec<_> =
        commits.iter().map(|commit| Received::new(Message::of(app, commit).body)).collect();
    consumer.take(&messages).await
}

/// What a person wants, until an answer says that it has happened.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    what: What,
    pub(crate) known: bool,
}

#[derive(Debug)]
enum What {
    Hold { house: &'static str, booking: String, cents: u64 },
    Extend { house: &'static str, bookings: Vec<String> },
    Pay(String),
    Decline(String),
}

impl Order {
    pub(crate) fn any(id: String, bookings: &[String], rng: &mut Rng) -> Self {
        let (house, name) = (HOUSES[rng.usize(..HOUSES.len())], &bookings[rng.usize(..bookings.len())]);
        let what = match rng.u32(..10) {
            0..4 => What::Hold { house, booking: name.clone(), cents: rng.u64(1..1000) },
            4..7 => {
                let some = (0..rng.usize(1..4)).map(|_| bookings[rng.usize(..bookings.len())].clone());
                What::Extend { house, bookings: some.collect() }
            }
            7..9 => What::Pay(name.clone()),
            _ => What::Decline(name.clone()),
        };
        Self { id, what, known: false }
    }

    pub(crate) fn hold(id: String, house: &'static str, booking: &str) -> Self {
        Self { id, what: What::Hold { house, booking: booking.to_owned(), cents: 100 }, known: false }
    }

    pub(crate) fn pay(id: String, booking: &str) -> Self {
        Self { id, what: What::Pay(booking.to_owned()), known: false }
    }

    pub(crate) fn extend(id: String, house: &'static str, booking: &str) -> Self {
        Self { id, what: What::Extend { house, bookings: vec![booking.to_owned()] }, known: false }
    }

    /// Whether it is known to have happened.
    pub(crate) async fn send(&self, app: &App) -> bool {
        match &self.what {
            What::Hold { house: at, booking, cents } => {
                let hold = Hold { booking: booking.clone(), cents: *cents };
                app.execute(&house(at), hold).command_id(&self.id).await.is_ok()
            }
            What::Extend { house: at, bookings } => {
                let extend = Extend { bookings: bookings.clone() };
                app.execute(&house(at), extend).command_id(&self.id).await.is_ok()
            }
            What::Pay(name) => {
                app.execute(&payment(&booking(name)), Pay {}).command_id(&self.id).by(name).await.is_ok()
            }
            What::Decline(name) => {
                app.execute(&payment(&booking(name)), Decline {}).command_id(&self.id).by(name).await.is_ok()
            }
        }
    }
}

/// What was published, and may come any number of times, in any order.
#[derive(Default)]
pub(crate) struct Broker {
    published: BTreeSet<(StreamKey, Version)>,
    pub(crate) waiting: Vec<Commit>,
    /// What was deleted from the queue, and is doubled now and then.
    acked: Vec<Commit>,
}

impl Broker {
    pub(crate) fn publish(&mut self, commits: &[Commit], is_wanted: impl Fn(&Commit) -> bool) {
        for commit in commits.iter().filter(|commit| is_wanted(commit)) {
            if self.published.insert((commit.stream.clone(), commit.version)) {
                self.waiting.push(commit.clone());
            }
        }
    }

    pub(crate) fn batch(&mut self, rng: &mut Rng) -> Vec<Commit> {
        if rng.u32(..COPIED) == 0 && !self.acked.is_empty() {
            // A copy is a message of its own: it comes until it is done.
            let copy = self.acked.swap_remove(rng.usize(..self.acked.len()));
            self.waiting.push(copy);
        }
        let count = if self.waiting.is_empty() { 0 } else { rng.usize(1..6) };
        (0..count).map(|_| self.waiting[rng.usize(..self.waiting.len())].clone()).collect()
    }

    pub(crate) fn ack(&mut self, commit: &Commit) {
        if let Some(at) = self.waiting.iter().position(|waiting| waiting == commit) {
            self.acked.push(self.waiting.remove(at));
        }
    }
}
