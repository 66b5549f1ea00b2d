//! Commands that are scheduled: executed once, after their time, whatever crashes, is doubled or is cancelled in the
//! meantime.

mod chaos;
mod function;
mod hotel;
mod kit;
mod races;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cqrs_core::app::{ScheduleError, Scheduled};
use cqrs_core::commit::StoredEvent;
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, MemoryEventStore, NewCommits, TIMER_SHARDS, Timer, TimerId};
use cqrs_core::testing::Clock;
use futures_util::future::{join, join_all};
use hotel::*;

#[tokio::test]
async fn a_command_happens_after_its_time_and_once() {
    let Hotel { app, clock, .. } = hotel();
    let room = room("1");
    let scheduled =
        app.execute(&room, release("unpaid")).by("night audit").due(clock.now() + MINUTE).await.unwrap();
    clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(app.sweep().await.unwrap().fired, 0);
    assert_eq!(app.load(&room).await.unwrap().version, Version::NONE);

    clock.advance(Duration::from_millis(1));
    assert_eq!(app.sweep().await.unwrap().fired, 1);
    assert_eq!(app.sweep().await.unwrap().fired, 0);
    let history = app.history(&room).read_all().await.unwrap();
    let [event] = &history[..] else { panic!("{history:?}") };
    let metadata = event.metadata();
    assert_eq!((metadata.created_at, metadata.created_by.as_deref()), (clock.now(), Some("night audit")));
    assert_eq!(metadata.command_id, scheduled.command_id);
}

#[tokio::test]
async fn what_is_over_is_due_at_once_and_in_the_order_of_times() {
    let Hotel { app, clock, .. } = hotel();
    for (minutes, reason) in [(1, "third"), (3, "first"), (2, "second")] {
        app.execute(&room("1"), release(reason)).due(clock.now() - minutes * MINUTE).await.unwrap();
    }
    assert_eq!(app.sweep().await.unwrap().fired, 3);
    assert_eq!(app.load(&room("1")).await.unwrap().state.reasons, ["first", "second", "third"]);
}

#[tokio::test]
async fn one_id_at_one_time_is_one_command() {
    let Hotel { app, clock, .. } = hotel();
    let due = clock.now() + MINUTE;
    for _ in 0..2 {
        app.execute(&room("1"), release("unpaid")).command_id("release").due(due).await.unwrap();
    }
    clock.advance(MINUTE);
    assert_eq!(app.sweep().await.unwrap().fired, 1);
    // It is recognised even if it is scheduled again for another time.
    app.execute(&room("1"), release("unpaid")).command_id("release").due(due + MINUTE).await.unwrap();
    clock.advance(MINUTE);
    app.sweep().await.unwrap();
    assert_eq!(app.load(&room("1")).await.unwrap().version, Version::new(1));
}

#[tokio::test]
async fn what_was_cancelled_never_happens() {
    let Hotel { app, clock, .. } = hotel();
    let due = clock.now() + MINUTE;
    let scheduled = app.execute(&room("1"), release("unpaid")).command_id("release").due(due).await.unwrap();
    let kept = serde_json::to_string(&scheduled).unwrap();
    let named = Scheduled::new(&room("1"), "release", due).unwrap();
    assert_eq!(serde_json::from_str::<Scheduled>(&kept).unwrap(), named);
    assert!(app.cancel(&named).await.unwrap());
    assert!(!app.cancel(&scheduled).await.unwrap());
    clock.advance(MINUTE);
    assert_eq!(app.sweep().await.unwrap().fired, 0);
}

/// Of a cancellation and several sweeps at the same time one wins, and it knows.
#[tokio::test]
async fn a_command_is_cancelled_or_happens() {
    for _ in 0..50 {
        let Hotel { app, clock, store } = hotel();
        let other = app_of(&store, &clock);
        let scheduled = app.execute(&room("1"), release("unpaid")).due(clock.now()).await.unwrap();
        let (first, (second, cancelled)) =
            join(app.sweep(), join(other.sweep(), app.cancel(&scheduled))).await;
        let fired = first.unwrap().fired + second.unwrap().fired;
        assert_eq!(fired + u64::from(cancelled.unwrap()), 1);
        assert_eq!(app.load(&room("1")).await.unwrap().version.get(), fired);
    }
}

/// A command that changed nothing has left no commit to recognise it by. It must not change anything later.
#[tokio::test]
async fn what_was_fired_without_effect_is_not_fired_again() {
    let Hotel { app, clock, store } = hotel();
    let timers = || store.timers("TIMERS#0", clock.now(), None);
    app.execute(&room("1"), ReleaseHeld {}).command_id("release").due(clock.now()).await.unwrap();
    let found: Vec<Timer> = all_timers(&store, clock.now()).await;
    assert_eq!((found.len(), timers().await.unwrap().more), (1, false));
    assert_eq!(app.sweep().await.unwrap().fired, 1);

    // A sweep that had read the timers before comes late.
    app.execute(&room("1"), Hold {}).await.unwrap();
    let stale = StaleTimers { store: store.clone(), timers: Arc::new(found) };
    let late = App::builder(stale).only([]).clock(&clock).build().unwrap();
    assert_eq!(late.sweep().await.unwrap().fired, 0);
    assert!(app.load(&room("1")).await.unwrap().state.held);
}

#[tokio::test]
async fn a_rejected_command_is_a_dead_letter_until_it_is_redriven() {
    let Hotel { app, clock, .. } = hotel();
    app.execute(&room("1"), Evict { guest: "Ada".into() }).due(clock.now()).await.unwrap();
    let swept = app.sweep().await.unwrap();
    assert_eq!((swept.fired, swept.failed), (0, 1));
    let letters = app.dead_letters().of("@timers").await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("nobody called Ada is in the room"), "{}", letters[0].reason);
    assert_eq!(letters[0].types(), ["Evict"]);
    assert!(app.dead_letters().names().contains(&"@timers".to_owned()));
    assert_eq!(app.sweep().await.unwrap().failed, 0);

    app.execute(&room("1"), CheckIn { guest: "Ada".into() }).await.unwrap();
    assert_eq!(app.dead_letters().redrive("@timers").await.unwrap().done, 1);
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
    assert_eq!(app.sweep().await.unwrap().fired, 1);
    assert_eq!(app.load(&room("1")).await.unwrap().state.guest, None);
}

/// A sweep may be faster than the redrive that set the timer: its letter is another one.
#[tokio::test]
async fn a_command_that_fails_again_has_another_letter() {
    let Hotel { app, clock, .. } = hotel();
    app.execute(&room("1"), Evict { guest: "Ada".into() }).due(clock.now()).await.unwrap();
    app.sweep().await.unwrap();
    let first = app.dead_letters().of("@timers").await.unwrap().remove(0);
    app.dead_letters().redrive("@timers").await.unwrap();
    app.sweep().await.unwrap();
    let second = app.dead_letters().of("@timers").await.unwrap().remove(0);
    assert_ne!(first.id, second.id);
}

#[tokio::test]
async fn a_command_that_would_not_fit_into_a_dead_letter_is_refused() {
    let Hotel { app, clock, .. } = hotel();
    let large = release(&"x".repeat(390 * 1024));
    let error = app.execute(&room("1"), large).due(clock.now()).await.unwrap_err();
    assert!(
        matches!(error, ScheduleError::Store { source: cqrs_core::StoreError::TooLarge { .. }, .. }),
        "{error}"
    );
}

/// Neither its data nor the data of its letter prevents the letter.
#[tokio::test]
async fn a_large_command_that_fails_is_a_dead_letter() {
    let Hotel { app, clock, .. } = hotel();
    let evict = Evict { guest: "x".repeat(380 * 1024) };
    app.execute(&room("1"), evict.clone()).due(clock.now()).await.unwrap();
    assert_eq!(app.sweep().await.unwrap().failed, 1);
    let letter = app.dead_letters().of("@timers").await.unwrap().remove(0);
    assert!(letter.reason.starts_with("the command was rejected: nobody called xxx"), "{}", letter.reason);
    assert_eq!(letter.record["data"]["guest"], evict.guest);
}

#[tokio::test]
async fn a_discarded_command_never_happens() {
    let Hotel { app, clock, .. } = hotel();
    app.execute(&room("1"), Evict { guest: "Ada".into() }).due(clock.now()).await.unwrap();
    app.sweep().await.unwrap();
    let letter = app.dead_letters().of("@timers").await.unwrap().remove(0);
    app.dead_letters().discard(&letter.id, "she left").await.unwrap();
    app.execute(&room("1"), CheckIn { guest: "Ada".into() }).await.unwrap();
    assert_eq!(app.sweep().await.unwrap().fired, 0);
    assert_eq!(app.load(&room("1")).await.unwrap().state.guest.as_deref(), Some("Ada"));
}

/// One command that panics stops no other, neither of its partition nor of its stream.
#[tokio::test]
async fn a_panic_is_a_failure_of_its_one_command() {
    let Hotel { app, clock, .. } = hotel();
    for number in 0..40 {
        let reason = if number % 4 == 0 { "panic" } else { "unpaid" };
        app.execute(&room(&(number % 2).to_string()), release(reason)).due(clock.now()).await.unwrap();
    }
    let swept = app.sweep().await.unwrap();
    assert_eq!((swept.fired, swept.failed, swept.left), (30, 10, 0));
    assert_eq!(app.dead_letters().of("@timers").await.unwrap().len(), 10);
}

#[tokio::test]
async fn what_only_a_newer_program_knows_waits_for_it() {
    let Hotel { app, clock, store } = hotel();
    let stream = room("1").stream().unwrap();
    let timer = |due: Timestamp, name: &str, schema: u32, widened: u32| {
        let data = serde_json::json!({ "reason": "unpaid" });
        let command = StoredEvent::new(name, schema, data).widened(widened);
        let id = TimerId::new(due, &format!("{name} {schema} {widened}"));
        Timer::new(id, stream.clone(), "TIMED_ROOM", command, Metadata::new(name, due))
    };
    let (now, long_ago) = (Timestamp::now(), Timestamp::now() - 48 * 60 * MINUTE);
    clock.set(now);
    let new = NewCommits::new(Vec::new())
        .setting(timer(now, "Paint", 1, 0))
        .setting(timer(now, "ReleaseRoom", 9, 0))
        .setting(timer(now, "ReleaseRoom", 1, 1))
        .setting(timer(long_ago, "Demolish", 1, 0));
    let _ = store.append_all(new).await.unwrap();
    let swept = app.sweep().await.unwrap();
    assert_eq!((swept.fired, swept.failed, swept.left, swept.newer), (0, 1, 0, 3));
    let letter = app.dead_letters().of("@timers").await.unwrap().remove(0);
    assert!(letter.is_newer() && letter.reason.contains("`Demolish`"), "{}", letter.reason);
}

#[tokio::test]
async fn options_that_mean_nothing_to_what_waits_are_refused() {
    let Hotel { app, clock, .. } = hotel();
    let execute = || app.execute(&room("1"), release("unpaid"));
    let due = clock.now() + MINUTE;
    let at = execute().at(clock.now()).due(due).await.unwrap_err();
    assert!(matches!(at, ScheduleError::Option { option: "at", .. }), "{at}");
    let expected = execute().expect_version(Version::NONE).due(due).await.unwrap_err();
    assert!(matches!(expected, ScheduleError::Option { option: "expect_version", .. }), "{expected}");
    let empty = execute().command_id("").due(due).await.unwrap_err();
    assert!(matches!(empty, ScheduleError::Option { option: "command_id", .. }), "{empty}");
    assert_eq!(all_timers(&hotel().store, due).await.len(), 0);
}

/// A handler's command has an id that follows from the event, so the event may come again.
#[tokio::test]
async fn a_handler_schedules_once() {
    let Hotel { app, clock, store } = hotel();
    app.execute(&room("1"), CheckIn { guest: "Bob".into() }).await.unwrap();
    for _ in 0..3 {
        let again = app_of(&store, &clock);
        let consumer = again.consumer("wake_up").unwrap();
        let stream = room("1").stream().unwrap();
        for commit in store.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits {
            let body = cqrs_core::delivery::Message::of(&again, &commit).body;
            consumer.take(&[cqrs_core::delivery::Received::new(body)]).await;
        }
    }
    // Two for two times, and one of two that are alike.
    let timers = all_timers(&store, clock.now() + 60 * MINUTE).await;
    assert_eq!(timers.len(), 2);
    assert!(timers.iter().all(|timer| timer.metadata.causation_id.is_some()));
}

#[tokio::test]
async fn a_program_that_ends_fires_what_is_due_and_delivers_it() {
    let Hotel { app, clock, .. } = hotel();
    app.execute(&room("1"), CheckIn { guest: "Eve".into() }).due(clock.now()).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(WOKEN.load(Ordering::SeqCst), 1);
    // What the handler has scheduled waits.
    clock.advance(60 * MINUTE);
    app.run_until_idle().await.unwrap();
    assert_eq!(app.load(&room("1")).await.unwrap().state.reasons, ["wake 1", "wake 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_service_sweeps_while_it_runs() {
    let Hotel { app, clock, .. } = hotel();
    app.execute(&room("1"), release("unpaid")).due(clock.now() + MINUTE).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = app.run(async { drop(stopped.await) });
    let user = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(app.load(&room("1")).await.unwrap().version, Version::NONE);
        clock.advance(MINUTE);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_eq!(app.load(&room("1")).await.unwrap().version, Version::new(1));
        stop.send(()).unwrap();
    };
    join(service, user).await.0.unwrap();
}

/// The clock of the machine that sweeps decides, however wrong it is.
#[tokio::test]
async fn a_fast_clock_is_early_by_what_it_is_fast() {
    let Hotel { app, clock, store } = hotel();
    let due = clock.now() + 10 * MINUTE;
    app.execute(&room("1"), release("unpaid")).due(due).await.unwrap();
    let fast = Clock::at(clock.now() + 5 * MINUTE);
    let early = app_of(&store, &fast);
    assert_eq!(early.sweep().await.unwrap().fired, 0);
    fast.advance(5 * MINUTE);
    assert_eq!(early.sweep().await.unwrap().fired, 1);
}

#[tokio::test]
async fn many_are_fired_by_many_sweepers_once() {
    let Hotel { app, clock, store } = hotel();
    for number in 0..1_000 {
        app.execute(&room(&(number % 50).to_string()), release("unpaid")).due(clock.now()).await.unwrap();
    }
    let apps: Vec<App> = (0..4).map(|_| app_of(&store, &clock)).collect();
    let swept = join_all(apps.iter().map(App::sweep)).await;
    let fired: u64 = swept.into_iter().map(|swept| swept.unwrap().fired).sum();
    let mut commits = 0;
    for number in 0..50 {
        commits += app.load(&room(&number.to_string())).await.unwrap().version.get();
    }
    let left = all_timers(&store, clock.now()).await.len();
    // Two writers of the very same commit cannot be told apart.
    assert!(fired >= 1_000);
    assert_eq!((commits, left), (1_000, 0));
}

async fn all_timers(store: &MemoryEventStore, until: Timestamp) -> Vec<Timer> {
    let mut found = Vec::new();
    for shard in 0..TIMER_SHARDS {
        let page = store.timers(&TimerId::partition(shard), until, None).await.unwrap();
        found.extend(page.timers.iter().map(|record| Timer::decode(record).unwrap()));
    }
    found
}
