//! Two programs that work on the same thing at the same time, one paused and the other one killed, at every request:
//! nothing is lost, and nothing happens twice.

use std::pin::pin;

use cqrs_core::delivery::{Consumer, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::process::{Step, StepCause, StepOutcome};
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::Clock;
use cqrs_core::{Commit, StreamKey};
use cqrs_tests::commits::all;
use cqrs_tests::shaken::{ShakenMemory, stopped_after};

use crate::again::{Ask, Reminder, ReminderKey, desk};
use crate::booking::*;
use crate::world::timers;

/// A store, and programs that remember nothing.
struct Site {
    process: &'static str,
    store: MemoryEventStore,
    clock: Clock,
}

/// What a race was.
struct Raced {
    /// The first program was not through when it was paused.
    was_paused: bool,
    /// The second program was not through when it was killed.
    was_killed: bool,
}

impl Site {
    fn new(process: &'static str) -> Self {
        let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
        Self { process, store: MemoryEventStore::new(), clock }
    }

    fn app(&self) -> App {
        App::builder(self.store.clone()).clock(&self.clock).only([self.process]).build().unwrap()
    }

    /// A program that can be stopped at each request.
    fn slow(&self) -> App {
        let store = ShakenMemory::slow(&self.store);
        App::builder(store).clock(&self.clock).only([self.process]).build().unwrap()
    }

    async fn last(&self, stream: &StreamKey) -> Commit {
        all(&self.store, stream).await.pop().unwrap()
    }

    async fn steps<P: cqrs_core::process::Process>(&self, key: &P::Key) -> Vec<Step> {
        let history = self.app().history(key).read_all().await.unwrap();
        history.into_iter().map(Recorded::into_event).collect()
    }
}

/// Pauses the first program after each number of polls, and kills the second one meanwhile after each.
async fn at_every_request(mut race: impl AsyncFnMut(usize, usize) -> Raced) {
    for paused in 0.. {
        for killed in 0.. {
            let Raced { was_paused, was_killed } = race(paused, killed).await;
            match (was_paused, was_killed) {
                (_, true) => {}
                (true, false) => break,
                (false, false) => return,
            }
        }
    }
}

async fn take(app: &App, consumer: &Consumer, commit: &Commit) -> Verdict {
    consumer.take(&[Received::new(Message::of(app, commit).body)]).await.remove(0)
}

/// One program finds that nothing has started the instance, and is done with the message. Another one holds the same
/// message, finds the instance started, and is killed while it works on it: the message is not delivered again.
#[tokio::test]
async fn what_one_program_skips_no_other_one_takes() {
    let (mut passed, mut taken) = (0, 0);
    at_every_request(async |paused, killed| {
        let told = format!("paused after {paused} polls, killed after {killed}");
        let site = Site::new("Booking");
        let (calm, one, other) = (site.app(), site.slow(), site.slow());
        let [first, second] = [&one, &other].map(|app| app.consumer("Booking").unwrap());
        let pay = payment(&booking("1"));
        calm.execute(&pay, Pay {}).by("1").await.unwrap();
        let paid = site.last(&pay.stream().unwrap()).await;
        let mut first = pin!(take(&one, &first, &paid));
        let early = stopped_after(paused, first.as_mut()).await;

        calm.execute(&house("A"), Hold { booking: "1".into(), cents: 100 }).await.unwrap();
        let held = site.last(&house("A").stream().unwrap()).await;
        assert_eq!(take(&calm, &calm.consumer("Booking").unwrap(), &held).await, Verdict::Done);
        let was_killed = stopped_after(killed, take(&other, &second, &paid)).await.is_none();
        let was_paused = early.is_none();
        let verdict = match early {
            Some(verdict) => verdict,
            None => first.await,
        };
        assert_eq!(verdict, Verdict::Done, "{told}");

        let outcomes: Vec<_> =
            site.steps::<Booking>(&booking("1")).await.into_iter().map(|step| step.outcome).collect();
        let is_taken = match &outcomes[..] {
            [StepOutcome::Skipped, StepOutcome::Reacted(_)] => false,
            [StepOutcome::Reacted(_), StepOutcome::Reacted(_)] => true,
            _ => panic!("{told}: {outcomes:?}"),
        };
        let confirmed = site.app().load(&house("A")).await.unwrap().state.confirmed;
        assert_eq!(confirmed, vec!["1"; usize::from(is_taken)], "{told}");
        *(if is_taken { &mut taken } else { &mut passed }) += 1;
        Raced { was_paused, was_killed }
    })
    .await;
    assert!(passed > 5 && taken > 5, "{passed} passed over, {taken} taken");
}

/// One program finds that nothing waits for the timer any more, and removes it. Another one finds the deadline moved
/// back to the time of that timer, and is killed during its step.
#[tokio::test]
async fn a_deadline_that_is_moved_back_is_that_of_its_last_timer() {
    let mut races = 0;
    at_every_request(async |paused, killed| {
        let told = format!("paused after {paused} polls, killed after {killed}");
        let site = Site::new("Reminder");
        let calm = site.app();
        let (desk, due) = (desk(&tenant()), site.clock.now() + MINUTE);
        let set = async |due| {
            calm.execute(&desk, Ask("Eve".into(), due)).await.unwrap();
            let asked = site.last(&desk.stream().unwrap()).await;
            assert_eq!(take(&calm, &calm.consumer("Reminder").unwrap(), &asked).await, Verdict::Done);
        };
        set(due).await;
        set(due + MINUTE).await;
        site.clock.set(due);
        let (one, other) = (site.slow(), site.slow());
        let mut first = pin!(one.sweep());
        let early = stopped_after(paused, first.as_mut()).await;
        set(due).await;
        let was_killed = stopped_after(killed, other.sweep()).await.is_none();
        let was_paused = early.is_none();
        if was_paused {
            first.await.unwrap();
        }
        site.clock.advance(2 * MINUTE);
        while calm.sweep().await.unwrap().fired > 0 {}

        let steps = site.steps::<Reminder>(&ReminderKey::new(&tenant(), "Eve")).await;
        let of = match &steps[..] {
            [_, _, _, Step { cause: StepCause::Deadline { of, .. }, .. }] => *of,
            _ => panic!("{told}: {steps:?}"),
        };
        assert_eq!(of, Some(Version::new(3)), "{told}");
        let reminded = site.app().load(&desk).await.unwrap().state.reminded;
        assert_eq!((reminded, timers(&site.store, due).await), (1, 0), "{told}");
        races += 1;
        Raced { was_paused, was_killed }
    })
    .await;
    assert!(races > 20, "{races}");
}
