//! Processes: steps, commands and deadlines, each once, whatever is delivered twice, crashes or fails.

mod again;
mod booking;
mod chaos;
mod cost;
mod evolution;
mod held;
mod killed;
mod kit;
mod oracle;
mod races;
mod world;

use std::sync::atomic::Ordering;

use booking::*;
use cqrs_core::commit::Commit;
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::process::{Step, StepCause, StepOutcome};
use cqrs_core::store::{EventStore, MemoryEventStore, TIMER_SHARDS, TimerId};
use cqrs_core::testing::Clock;

struct Inn {
    app: App,
    clock: Clock,
    store: MemoryEventStore,
}

fn inn() -> Inn {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    let store = MemoryEventStore::new();
    Inn { app: app_of(&store, &clock), clock, store }
}

fn app_of(store: &MemoryEventStore, clock: &Clock) -> App {
    App::builder(store.clone()).clock(clock).only(["Booking"]).build().unwrap()
}

impl Inn {
    async fn hold(&self, name: &str) {
        let hold = Hold { booking: name.into(), cents: 100 };
        self.app.execute(&house("A"), hold).await.unwrap();
        self.app.run_until_idle().await.unwrap();
    }

    async fn pay(&self, name: &str) {
        self.app.execute(&payment(&booking(name)), Pay {}).by(name).await.unwrap();
        self.app.run_until_idle().await.unwrap();
    }

    async fn house(&self) -> House {
        self.app.load(&house("A")).await.unwrap().state
    }

    async fn payment(&self, name: &str) -> Payment {
        self.app.load(&payment(&booking(name))).await.unwrap().state
    }

    async fn steps(&self, name: &str) -> Vec<Step> {
        self.app
            .history(&booking(name))
            .read_all()
            .await
            .unwrap()
            .into_iter()
            .map(Recorded::into_event)
            .collect()
    }

    async fn timers(&self) -> usize {
        let mut found = 0;
        for shard in 0..TIMER_SHARDS {
            let far = self.clock.now() + 10_000 * MINUTE;
            found += self.store.timers(&TimerId::partition(shard), far, None).await.unwrap().timers.len();
        }
        found
    }

    /// Who sent the command of the last commit.
    async fn sender(&self, stream: &cqrs_core::StreamKey) -> Option<String> {
        let page = self.store.read(stream, Version::NONE, Version::MAX).await.unwrap();
        page.commits.last().unwrap().metadata.created_by.clone()
    }

    /// The commits of a stream that the queue of the process gets.
    async fn commits(&self, stream: &cqrs_core::StreamKey) -> Vec<Commit> {
        let page = self.store.read(stream, Version::NONE, Version::MAX).await.unwrap();
        let listened = &self.app.wiring().subscribers[0].events;
        let is_wanted = |commit: &Commit| commit.events.iter().any(|event| listened.contains(&&*event.name));
        page.commits.into_iter().filter(is_wanted).collect()
    }
}

#[tokio::test]
async fn a_booking_is_confirmed_when_it_is_paid() {
    let inn = inn();
    inn.hold("1").await;
    let instance = inn.app.load(&booking("1")).await.unwrap();
    assert_eq!(instance.state.process(), &Booking { house: "A".into(), cents: 100, ..Booking::default() });
    let due: Vec<_> = instance.state.deadlines().collect();
    assert_eq!(due, [("unpaid", inn.clock.now() + 15 * MINUTE)]);
    assert_eq!(inn.payment("1").await.asked, 1);
    assert_eq!(
        inn.sender(&payment(&booking("1")).stream().unwrap()).await,
        None,
        "its reaction names nobody"
    );

    inn.pay("1").await;
    let instance = inn.app.load(&booking("1")).await.unwrap();
    assert!(instance.state.has_ended() && instance.state.process().paid);
    assert_eq!(instance.version, Version::new(2));
    assert_eq!(inn.house().await.confirmed, ["1"]);
    assert_eq!(inn.sender(&house("A").stream().unwrap()).await.as_deref(), Some("booking"));

    inn.clock.advance(60 * MINUTE);
    inn.app.run_until_idle().await.unwrap();
    assert_eq!((inn.house().await.released.len(), inn.payment("1").await.voided), (0, 0));
    // The timer of a cancelled deadline is removed when its time has come.
    assert_eq!(inn.timers().await, 0);
}

#[tokio::test]
async fn a_booking_is_released_when_its_deadline_has_come() {
    let inn = inn();
    inn.hold("1").await;
    inn.clock.advance(14 * MINUTE);
    inn.app.run_until_idle().await.unwrap();
    assert_eq!(inn.house().await.released, []);
    inn.clock.advance(MINUTE);
    inn.app.run_until_idle().await.unwrap();
    assert_eq!(inn.house().await.released, [("1".to_owned(), "unpaid".to_owned())]);
    assert_eq!((inn.payment("1").await.voided, inn.timers().await), (1, 0));
    // Events after the end are skipped.
    inn.pay("1").await;
    assert_eq!((inn.house().await.confirmed.len(), inn.steps("1").await.len()), (0, 2));
}

#[tokio::test]
async fn a_deadline_that_was_moved_comes_at_its_new_time_only() {
    let inn = inn();
    inn.hold("1").await;
    inn.clock.advance(10 * MINUTE);
    inn.app.execute(&house("A"), Extend { bookings: vec!["1".into()] }).await.unwrap();
    inn.app.run_until_idle().await.unwrap();
    assert_eq!(inn.timers().await, 2);
    inn.clock.advance(10 * MINUTE);
    inn.app.run_until_idle().await.unwrap();
    assert_eq!((inn.house().await.released.len(), inn.timers().await), (0, 1));
    inn.clock.advance(5 * MINUTE);
    inn.app.run_until_idle().await.unwrap();
    assert_eq!(inn.house().await.released.len(), 1);
}

#[tokio::test]
async fn an_instance_that_nothing_has_started_passes_events_over() {
    let inn = inn();
    inn.pay("1").await;
    let instance = inn.app.load(&booking("1")).await.unwrap();
    assert_eq!((instance.state.is_started(), instance.state.process()), (false, &Booking::default()));
    let steps = inn.steps("1").await;
    let [Step { cause: StepCause::Event { r#type, data, .. }, outcome: StepOutcome::Skipped, .. }] =
        &steps[..]
    else {
        panic!("{steps:?}")
    };
    assert_eq!((r#type.as_str(), data), ("Paid", &serde_json::Value::Null));
    // An event that is only folded needs no trace.
    inn.app.execute(&house("A"), Note { booking: "1".into() }).await.unwrap();
    inn.hold("1").await;
    let instance = inn.app.load(&booking("1")).await.unwrap().state;
    assert!(instance.is_started() && !instance.process().paid && instance.process().notes == 0);
    assert_eq!((inn.steps("1").await.len(), inn.house().await.confirmed.len()), (2, 0));
    assert_eq!(inn.app.dead_letters().list().await.unwrap(), []);
}

#[tokio::test]
async fn events_of_one_commit_go_to_their_instances() {
    let inn = inn();
    inn.hold("1").await;
    inn.hold("2").await;
    let bookings = vec!["1".into(), "2".into(), "1".into()];
    inn.app.execute(&house("A"), Extend { bookings }).await.unwrap();
    inn.app.run_until_idle().await.unwrap();
    for (name, extensions) in [("1", 2), ("2", 1)] {
        assert_eq!(inn.app.load(&booking(name)).await.unwrap().state.process().extensions, extensions);
    }
}

/// Each message three times, to programs that remember nothing.
#[tokio::test]
async fn what_is_delivered_again_changes_nothing() {
    let inn = inn();
    inn.app.execute(&house("A"), Hold { booking: "1".into(), cents: 100 }).await.unwrap();
    inn.app.execute(&payment(&booking("1")), Pay {}).by("1").await.unwrap();
    for _ in 0..3 {
        let again = app_of(&inn.store, &inn.clock);
        for stream in [house("A").stream().unwrap(), payment(&booking("1")).stream().unwrap()] {
            for commit in inn.commits(&stream).await {
                let message = Received::new(Message::of(&again, &commit).body);
                assert_eq!(again.consumer("Booking").unwrap().take(&[message]).await, [Verdict::Done]);
            }
        }
    }
    assert_eq!((inn.steps("1").await.len(), inn.payment("1").await.asked), (2, 1));
    assert_eq!(inn.house().await.confirmed, ["1"]);
}

/// Time travel: the state at a version. Nothing is sent when it is read.
#[tokio::test]
async fn an_instance_has_a_history() {
    let inn = inn();
    inn.hold("1").await;
    inn.pay("1").await;
    let first = inn.app.load_version(&booking("1"), Version::new(1)).await.unwrap();
    assert!(!first.state.process().paid && !first.state.has_ended());
    let steps = inn.steps("1").await;
    assert!(steps.iter().all(|step| matches!(step.outcome, StepOutcome::Reacted(_))));
    assert_eq!(steps[1].effects().len(), 3);
    let history = inn.app.history(&booking("1")).read_all().await.unwrap();
    let held = inn.commits(&house("A").stream().unwrap()).await;
    assert_eq!(history[0].metadata().causation_id.as_deref(), Some(&*held[0].metadata.command_id));
    assert_eq!(history[0].metadata().correlation_id, held[0].metadata.correlation_id);
}

/// It has its own dead letter; all others continue, although the events come from one stream. Later events wait, in
/// order.
#[tokio::test]
async fn an_instance_whose_reaction_panics_stops_by_itself() {
    let inn = inn();
    for name in ["1", "2"] {
        inn.hold(name).await;
    }
    inn.app.execute(&house("A"), Break { booking: "1".into() }).await.unwrap();
    inn.app.run_until_idle().await.unwrap();
    for name in ["1", "2"] {
        inn.pay(name).await;
    }
    assert_eq!(inn.house().await.confirmed, ["2"]);
    let letters = inn.app.dead_letters().list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.id.subscriber, "Booking");
    assert_eq!(letter.id.place(), Some((booking("1").stream().unwrap(), Version::new(2))));
    assert!(letter.reason.contains("the reaction is broken"), "{}", letter.reason);
    let instance = inn.app.load(&booking("1")).await.unwrap();
    assert_eq!((instance.state.held_up_at(), instance.version), (Some(Version::new(2)), Version::new(3)));

    // Not repaired yet.
    let redriven = inn.app.dead_letters().redrive("Booking").await.unwrap();
    assert_eq!((redriven.done, redriven.left), (0, 1));
    // Its deadline waits with it.
    inn.clock.advance(60 * MINUTE);
    inn.app.run_until_idle().await.unwrap();
    assert_eq!(inn.house().await.released, []);

    REPAIRED.store(true, Ordering::SeqCst);
    let redriven = inn.app.dead_letters().redrive("Booking").await.unwrap();
    REPAIRED.store(false, Ordering::SeqCst);
    assert_eq!((redriven.done, redriven.left), (1, 0));
    assert_eq!(inn.house().await.confirmed, ["2", "mended 1", "1"]);
    let instance = inn.app.load(&booking("1")).await.unwrap();
    assert!(instance.state.has_ended() && instance.state.held_up_at().is_none());
    assert_eq!(
        (inn.app.dead_letters().list().await.unwrap().len(), inn.house().await.released.len()),
        (0, 0)
    );
    // Again nothing happens.
    inn.app.run_until_idle().await.unwrap();
    assert_eq!(inn.house().await.confirmed.len(), 3);
}

#[tokio::test]
async fn a_discarded_step_is_skipped() {
    let inn = inn();
    inn.hold("1").await;
    inn.app.execute(&house("A"), Break { booking: "1".into() }).await.unwrap();
    inn.app.run_until_idle().await.unwrap();
    inn.pay("1").await;
    let letter = inn.app.dead_letters().of("Booking").await.unwrap().remove(0);
    inn.app.dead_letters().discard(&letter.id, "nobody needs it").await.unwrap();
    assert_eq!(inn.house().await.confirmed, ["1"]);
    assert!(inn.app.load(&booking("1")).await.unwrap().state.has_ended());
}

/// The command of a step is rejected: the instance stops there, and continues behind it.
#[tokio::test]
async fn a_rejected_command_holds_its_instance_up() {
    let inn = inn();
    inn.hold("closed 1").await;
    inn.pay("closed 1").await;
    let letters = inn.app.dead_letters().list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert!(
        letter.reason.contains("`ConfirmRoom`") && letter.reason.contains("the room is closed"),
        "{}",
        letter.reason
    );
    assert_eq!(inn.app.dead_letters().redrive("Booking").await.unwrap().left, 1);
    // When it is delivered again, it does not bypass the letter.
    let again = app_of(&inn.store, &inn.clock);
    let stream = payment(&booking("closed 1")).stream().unwrap();
    inn.app.execute(&house("A"), Extend { bookings: vec!["open".into()] }).await.unwrap();
    for commit in inn.commits(&stream).await {
        let message = Received::new(Message::of(&again, &commit).body);
        assert_eq!(again.consumer("Booking").unwrap().take(&[message]).await, [Verdict::Done]);
    }
    assert_eq!(inn.house().await.confirmed.len(), 0);
    assert_eq!(inn.app.dead_letters().redrive("Booking").await.unwrap().done, 1);
    assert_eq!(inn.house().await.confirmed, ["closed 1"]);
    assert_eq!(inn.app.dead_letters().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_rejected_command_that_is_discarded_is_never_executed() {
    let inn = inn();
    inn.hold("closed 1").await;
    inn.pay("closed 1").await;
    let letter = inn.app.dead_letters().of("Booking").await.unwrap().remove(0);
    inn.app.dead_letters().discard(&letter.id, "by hand").await.unwrap();
    inn.app.execute(&house("A"), Extend { bookings: vec!["open".into()] }).await.unwrap();
    let again = app_of(&inn.store, &inn.clock);
    for commit in inn.commits(&payment(&booking("closed 1")).stream().unwrap()).await {
        let message = Received::new(Message::of(&again, &commit).body);
        again.consumer("Booking").unwrap().take(&[message]).await;
    }
    assert_eq!(inn.house().await.confirmed.len(), 0);
    assert!(inn.app.load(&booking("closed 1")).await.unwrap().state.held_up_at().is_none());
}
