use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::prelude::*;
use cqrs_core::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, EventStore, Extent, MemoryEventStore, NewCommit,
    NewCommits, Timer, TimerId, TimerPage,
};
use cqrs_core::testing::Clock;
use cqrs_core::{StoreError, StreamKey};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

#[event]
pub(crate) struct RoomReleased {
    reason: String,
}

#[event]
pub(crate) struct CheckedIn {
    pub(crate) guest: String,
}

#[event]
pub(crate) struct CheckedOut {}

#[event]
pub(crate) struct RoomHeld {}

#[command]
pub(crate) struct ReleaseRoom {
    reason: String,
}

/// Nothing happens where it is not held.
#[command]
pub(crate) struct ReleaseHeld {}

#[command]
#[derive(Clone)]
pub(crate) struct Evict {
    pub(crate) guest: String,
}

#[command]
#[derive(Clone)]
pub(crate) struct CheckIn {
    pub(crate) guest: String,
}

/// Never stored.
pub(crate) struct Hold {}

#[derive(Debug, thiserror::Error)]
#[error("nobody called {0} is in the room")]
pub(crate) struct NotThere(String);

#[aggregate(entity = "TIMED_ROOM")]
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) reasons: Vec<String>,
    pub(crate) guest: Option<String>,
    pub(crate) held: bool,
}

#[aggregate]
impl Room {
    #[command]
    fn release(&self, command: &ReleaseRoom) -> Result<RoomReleased, Infallible> {
        assert_ne!(command.reason, "panic", "no release");
        Ok(RoomReleased { reason: command.reason.clone() })
    }

    #[command]
    fn release_held(&self, _: &ReleaseHeld) -> Result<Option<RoomReleased>, Infallible> {
        Ok(self.held.then(|| RoomReleased { reason: "held".into() }))
    }

    #[command]
    fn hold(&self, _: &Hold) -> Result<RoomHeld, Infallible> {
        Ok(RoomHeld {})
    }

    #[command]
    fn check_in(&self, command: CheckIn) -> Result<CheckedIn, Infallible> {
        Ok(CheckedIn { guest: command.guest })
    }

    #[command]
    fn evict(&self, command: &Evict) -> Result<CheckedOut, NotThere> {
        let is_there = self.guest.as_ref() == Some(&command.guest);
        if is_there { Ok(CheckedOut {}) } else { Err(NotThere(command.guest.clone())) }
    }

    #[apply]
    fn released(&mut self, event: &RoomReleased) {
        self.reasons.push(event.reason.clone());
        self.held = false;
    }

    #[apply]
    fn held(&mut self, _: &RoomHeld) {
        self.held = true;
    }

    #[apply]
    fn checked_in(&mut self, event: &CheckedIn) {
        self.guest = Some(event.guest.clone());
    }

    #[apply]
    fn checked_out(&mut self, _: &CheckedOut) {
        self.guest = None;
    }
}

pub(crate) static WOKEN: AtomicU32 = AtomicU32::new(0);

#[event_handler(CheckedIn)]
pub(crate) async fn wake_up(event: &Recorded<CheckedIn>, app: &App) -> Result<(), HandlerError> {
    if event.guest == "Eve" {
        WOKEN.fetch_add(1, Ordering::SeqCst);
    }
    let room: RoomKey = event.key()?;
    let at = event.metadata().created_at;
    for number in [1, 2, 2] {
        app.execute(&room, release(&format!("wake {number}"))).due(at + number * 10 * MINUTE).await?;
    }
    Ok(())
}

pub(crate) fn release(reason: &str) -> ReleaseRoom {
    ReleaseRoom { reason: reason.into() }
}

pub(crate) fn room(number: &str) -> RoomKey {
    RoomKey::new(&Tenant::new("HOTEL").unwrap(), number)
}

pub(crate) struct Hotel {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) store: MemoryEventStore,
}

pub(crate) fn hotel() -> Hotel {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    let store = MemoryEventStore::new();
    Hotel { app: app_of(&store, &clock), clock, store }
}

pub(crate) fn app_of(store: &MemoryEventStore, clock: &Clock) -> App {
    App::builder(store.clone()).only(["wake_up"]).clock(clock).build().unwrap()
}

/// A store whose timers are those of before.
pub(crate) struct StaleTimers {
    pub(crate) store: MemoryEventStore,
    pub(crate) timers: Arc<Vec<Timer>>,
}

impl IntoStores for StaleTimers {
    fn into_stores(self) -> Stores {
        let delivery = self.store.delivery();
        let feed = self.store.clone();
        Stores::new(self, delivery).feed(move || feed.feed())
    }
}

impl EventStore for StaleTimers {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.store.append(commit).await
    }

    async fn append_all(&self, commits: NewCommits<'_>) -> Result<AppendAll, StoreError> {
        self.store.append_all(commits).await
    }

    async fn timers(
        &self,
        partition: &str,
        _: Timestamp,
        _: Option<&TimerId>,
    ) -> Result<TimerPage, StoreError> {
        let here = self.timers.iter().filter(|timer| timer.id.pk() == partition);
        Ok(TimerPage::new(here.map(Timer::record).collect(), false))
    }

    async fn remove_timer(&self, id: &TimerId) -> Result<bool, StoreError> {
        self.store.remove_timer(id).await
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.store.read(stream, after, until).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.store.scan(extent, after).await
    }
}
