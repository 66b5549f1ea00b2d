//! The scenario of a process: one instance, a clock, and the effects of events and deadlines.

mod news;
mod then;

use std::fmt::{self, Debug};
use std::time::Duration;

use super::difference::shown;
use super::setting::time;
use super::world::{World, at_once};
use crate::aggregate::{Aggregate, AggregateKey, IntoEvents};
use crate::app::App;
use crate::clock::Clock;
use crate::commit::Commit;
use crate::engine::{
    Fire, FireError, Fired, Intent, Outcome, State, StepError, fire_deadline, process_driver,
};
use crate::event::RawEvent;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::process::{Instance, Process, Step};
use crate::runtime::Runtime;
use crate::snapshot::MemorySnapshotStore;
use crate::store::{DynEventStore, TIMER_SHARDS, Timer, TimerId};
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::MemoryViewStore;

use news::News;

/// How an instance of a process reacts to events and to time: given events, when another one comes, or after some time,
/// then its commands and its deadlines.
///
/// ```rust,standalone_crate
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// use cqrs_core::prelude::*;
/// use cqrs_core::testing::ProcessScenario;
///
/// #[event]
/// struct RoomHeld {
///     room: String,
/// }
///
/// #[event]
/// struct RoomPaid {
///     room: String,
/// }
///
/// #[command]
/// struct ReleaseRoom {}
/// # #[event]
/// # struct RoomReleased {}
/// # #[aggregate(entity = "ROOM")]
/// # #[derive(Default)]
/// # struct Room {}
/// # #[aggregate]
/// # impl Room {
/// #     #[command]
/// #     fn release(&self, _: &ReleaseRoom) -> Result<RoomReleased, Infallible> { Ok(RoomReleased {}) }
/// #     #[apply]
/// #     fn held(&mut self, _: &RoomHeld) {}
/// #     #[apply]
/// #     fn paid(&mut self, _: &RoomPaid) {}
/// #     #[apply]
/// #     fn released(&mut self, _: &RoomReleased) {}
/// # }
///
/// #[process(key(room: String))]
/// #[derive(Clone, Default)]
/// struct Booking {}
///
/// #[process(key(room), unknown = "skip")]
/// impl Booking {
///     #[react(start)]
///     fn held(&self, _: &RoomHeld) -> Reaction {
///         Reaction::new().deadline(Self::unpaid, Duration::from_secs(15 * 60))
///     }
///
///     #[react]
///     fn paid(&self, _: &RoomPaid) -> Reaction {
///         Reaction::new().end()
///     }
///
///     #[deadline]
///     fn unpaid(&self, key: &BookingKey) -> Reaction {
///         Reaction::new().execute(&RoomKey::new(key.tenant(), key.room().as_str()), ReleaseRoom {}).end()
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inn = Tenant::new("INN")?;
/// let (room, booking) = (RoomKey::new(&inn, "101"), BookingKey::new(&inn, "101"));
/// let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
///
/// ProcessScenario::<Booking>::of(&booking)
///     .when(&room, RoomHeld { room: "101".into() })
///     .then_deadline("unpaid", minutes(15))
///     .then_nothing_more()
///     .after(minutes(14))
///     .then_nothing_more()
///     .after(minutes(1))
///     .then_came("unpaid")
///     .then_sent(&room, ReleaseRoom {})
///     .then_ended()
///     .when(&room, RoomPaid { room: "101".into() })
///     .then_passed_over();
/// # Ok(())
/// # }
/// ```
///
/// The instance takes its steps as in production, with stores in memory. Its commands are checked but not executed: no
/// aggregate decides on them, so none needs a past. If an event would result from a command, give it, or let it come
/// with [`when`](Self::when).
///
/// Commands are compared as they are stored, by field, and deadlines by time. Each `then` checks the effects of the
/// last `when` or [`after`](Self::after). Commands are checked in their order. The time stands still, at
/// 2024-01-01T00:00:00Z at first, unless [`at`](Self::at) and [`after`](Self::after) move it.
pub struct ProcessScenario<P: Process> {
    stream: StreamKey,
    world: World,
    clock: Clock,
    app: App,
    state: State<Instance<P>>,
    told: Vec<String>,
    last: Last,
    news: News,
}

/// The last events or deadlines, to repeat them.
enum Last {
    Events(Commit),
    Deadlines(Vec<Timer>),
}

impl<P: Process> ProcessScenario<P> {
    /// The instance at `key`. Nothing has happened yet.
    ///
    /// # Panics
    /// If the aggregates and processes of this program conflict.
    #[must_use]
    #[track_caller]
    pub fn of(key: &P::Key) -> Self {
        let world = World::new();
        let clock = Clock::at(world.setting.at);
        let app = App::builder(world.store.clone())
            .views(MemoryViewStore::new())
            .snapshots(MemorySnapshotStore::new())
            .clock(&clock)
            .only([])
            .build();
        Self {
            stream: key.stream().unwrap_or_else(|error| panic!("{error}")),
            world,
            clock,
            app: app.unwrap_or_else(|faults| panic!("{faults}")),
            state: State::empty(),
            told: Vec::new(),
            last: Last::Deadlines(Vec::new()),
            news: News::default(),
        }
    }

    /// Sets the time from now on: a [`Timestamp`], or a text such as `"2024-01-31T10:00:00Z"`. Deadlines that are due
    /// by then come, as with [`after`](Self::after).
    ///
    /// # Panics
    /// If the text is not a time.
    #[must_use]
    #[track_caller]
    pub fn at<T: TryInto<Timestamp, Error: fmt::Display>>(mut self, when: T) -> Self {
        self.move_to(time(when));
        self
    }

    /// From now on this user sends the commands that the events come from.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.world.setting.by = Some(who.into());
        self
    }

    /// Changes the metadata of the next commit.
    #[must_use]
    pub fn metadata(mut self, change: impl FnOnce(&mut Metadata)) -> Self {
        self.world.setting.change(change);
        self
    }

    /// These events have happened to the aggregate at `key`, each as a commit of its own. The instance has reacted to
    /// them, and what it sent is not checked.
    ///
    /// # Panics
    /// If an event cannot be stored, or the instance does not take it.
    #[must_use]
    #[track_caller]
    pub fn given<K>(mut self, key: &K, events: impl IntoEvents<K::Aggregate>) -> Self
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.world.happen(key, events);
        for commit in std::mem::take(&mut self.world.commits) {
            self.tell(&commit);
            self.take(&commit);
            if let Some(reason) = self.news.failed.take() {
                self.fail("cannot take what is given", &[("reason", vec![reason])]);
            }
        }
        self.news = News::default();
        self
    }

    /// This happens to the aggregate at `key`, and the process receives it: one event, or those of one commit.
    ///
    /// # Panics
    /// If an event cannot be stored, or the process listens to none of them.
    #[must_use = "it proves nothing before a `then…` looks at the effects"]
    #[track_caller]
    pub fn when<K>(mut self, key: &K, events: impl IntoEvents<K::Aggregate>) -> Self
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let commit = self.world.happen_at_once(key, events);
        self.world.commits.clear();
        let driver = process_driver::<P>(looked_at);
        assert!(
            RawEvent::all(&commit).any(|raw| driver.listens_to(&raw)),
            "`{}` does not listen to `{}`; it takes {}",
            P::NAME,
            commit.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>().join("`, `"),
            P::ARMS.iter().map(|arm| format!("`{}`", arm.event.name)).collect::<Vec<_>>().join(", ")
        );
        self.tell(&commit);
        self.take(&commit);
        self.last = Last::Events(commit);
        self
    }

    /// Lets this much time go by. The deadlines that are due by then come, each at its time, in the order of their
    /// times. This includes deadlines of other instances.
    #[must_use = "it proves nothing before a `then…` looks at the effects"]
    #[track_caller]
    pub fn after(mut self, time: Duration) -> Self {
        self.move_to(self.clock.now() + time);
        self
    }

    /// Delivers the last events, or fires the last deadlines, once more, as every delivery may. This must have no
    /// effect.
    ///
    /// # Panics
    /// If it has an effect.
    #[track_caller]
    pub fn twice(self) -> Self {
        let before = self.written();
        match &self.last {
            Last::Events(commit) => drop(self.deliver(commit)),
            Last::Deadlines(timers) => timers.iter().for_each(|timer| drop(self.fire(timer))),
        }
        let written = self.written() - before;
        if written > 0 {
            self.fail(
                &format!(
                    "does not tolerate duplicates: the second delivery took {written} steps; does its key come from the \
                     event alone?"
                ),
                &[],
            );
        }
        self
    }

    fn runtime(&self) -> &Runtime {
        &self.app.delivery().runtime
    }

    fn written(&self) -> u64 {
        at_once(DynEventStore::count(&self.world.store)).ok().flatten().unwrap_or_default()
    }

    fn tell(&mut self, commit: &Commit) {
        let sk = commit.stream.sk();
        self.told.extend(commit.events.iter().map(|event| format!("{sk} {}", shown(event))));
    }

    #[track_caller]
    fn take(&mut self, commit: &Commit) {
        self.news = News::default();
        self.news.failed = self.deliver(commit).err();
        self.look();
    }

    /// Lets the instances of the events take their steps.
    fn deliver(&self, commit: &Commit) -> Result<(), String> {
        let driver = process_driver::<P>(looked_at);
        for raw in RawEvent::all(commit).filter(|raw| driver.listens_to(raw)) {
            at_once(driver.take(self.runtime(), raw)).map_err(|error| reason(&error))?;
        }
        Ok(())
    }

    #[track_caller]
    fn move_to(&mut self, now: Timestamp) {
        self.news = News::default();
        let mut fired = Vec::new();
        while let Some(timer) = self.next_due(now) {
            self.clock.set(timer.id.due().max(self.clock.now()));
            let failed = self.fire(&timer).err();
            let removed = at_once(self.runtime().event_store().remove_timer(&timer.id));
            removed.unwrap_or_else(|error| panic!("{error}"));
            let is_own = timer.stream == self.stream;
            if is_own {
                self.news.failed = self.news.failed.take().or(failed);
            }
            let before = self.news.steps;
            self.look();
            if is_own && self.news.steps > before {
                self.told.push(format!("deadline `{}` at {}", timer.command.name, timer.id.due()));
            }
            fired.push(timer);
        }
        self.clock.set(now);
        self.world.setting.at = now;
        self.last = Last::Deadlines(fired);
    }

    #[track_caller]
    fn next_due(&self, until: Timestamp) -> Option<Timer> {
        let of = |shard| {
            let partition = TimerId::partition(shard);
            let page = at_once(self.runtime().event_store().timers(&partition, until, None));
            page.unwrap_or_else(|error| panic!("{error}")).timers
        };
        let records = (0..TIMER_SHARDS).flat_map(of);
        let timers = records.map(|record| Timer::decode(&record).unwrap_or_else(|reason| panic!("{reason}")));
        timers.min_by(|one, other| {
            let place = |timer: &Timer| (timer.id.due(), timer.command.name.clone(), timer.stream.clone());
            place(one).cmp(&place(other))
        })
    }

    fn fire(&self, timer: &Timer) -> Result<(), String> {
        let intent = Intent::of_timer(timer, self.clock.now());
        let fired = at_once(fire_deadline::<P>(self.runtime(), looked_at, intent, &timer.command));
        fired.map(drop).map_err(|error: FireError| error.to_string())
    }

    /// Takes in the steps that the instance has taken since.
    #[track_caller]
    fn look(&mut self) {
        let page = self.runtime().event_store().read(&self.stream, self.state.version, Version::MAX);
        let page = at_once(page).unwrap_or_else(|error| panic!("{error}"));
        for event in page.commits.into_iter().flat_map(|commit| commit.events) {
            let step: Step = serde_json::from_value(event.data).unwrap_or_else(|error| panic!("{error}"));
            self.news.take(step);
        }
        let state = at_once(self.runtime().load_now::<Instance<P>>(&self.stream));
        self.state = state.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Answers every command as if it had no effect.
fn looked_at(_: &str, _: &str) -> Option<Fire> {
    Some(|_, _, _| Box::pin(async { Ok(Fired { outcome: Outcome::Unchanged, version: Version::NONE }) }))
}

fn reason(error: &StepError) -> String {
    match error {
        StepError::Store(error) => error.to_string(),
        StepError::Contended(error) | StepError::Passing(error) | StepError::Permanent(error) => {
            error.to_string()
        }
    }
}

impl<P: Process> Debug for ProcessScenario<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessScenario")
            .field("process", &P::NAME)
            .field("history", &self.told)
            .finish_non_exhaustive()
    }
}
