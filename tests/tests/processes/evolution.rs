//! Instances that an earlier version of their process has begun continue under today's version.
//!
//! Version 1 of `Stay` no longer exists here. Its steps are written down as it stored them; [`oracle`] checks that the
//! engine stores steps in this form. It knew prices in euros, and it had a deadline `remind` besides `unpaid`. Version
//! 2 has another one, `clean`.
//!
//! [`oracle`]: crate::oracle

use std::convert::Infallible;

use cqrs_core::Commit;
use cqrs_core::commit::StoredEvent;
use cqrs_core::prelude::*;
use cqrs_core::store::{AppendAll, EventStore, MemoryEventStore, NewCommit, NewCommits, Timer, TimerId};
use cqrs_core::testing::Clock;
use cqrs_tests::commits::append;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::booking::{MINUTE, tenant};
use crate::world::timers;

#[event(name = "RoomTaken")]
pub(crate) struct RoomTakenV1 {
    pub(crate) booking: String,
    pub(crate) euros: u64,
}

#[event(schema = 2, from = RoomTakenV1)]
pub(crate) struct RoomTaken {
    pub(crate) booking: String,
    pub(crate) cents: u64,
}

impl From<RoomTakenV1> for RoomTaken {
    fn from(old: RoomTakenV1) -> Self {
        Self { booking: old.booking, cents: old.euros * 100 }
    }
}

/// Version 1 did not listen to it.
#[event]
pub(crate) struct RoomLeft {
    pub(crate) booking: String,
}

#[event]
pub(crate) struct Told {
    pub(crate) text: String,
}

pub(crate) struct Take(String);
pub(crate) struct Leave(String);

#[command]
pub(crate) struct Tell {
    pub(crate) text: String,
}

#[aggregate(entity = "LODGE")]
#[derive(Debug, Default)]
pub(crate) struct Lodge {
    told: Vec<String>,
}

#[aggregate]
impl Lodge {
    #[command]
    fn take(&self, Take(booking): &Take) -> Result<RoomTaken, Infallible> {
        Ok(RoomTaken { booking: booking.clone(), cents: 500 })
    }

    #[command]
    fn leave(&self, Leave(booking): &Leave) -> Result<RoomLeft, Infallible> {
        Ok(RoomLeft { booking: booking.clone() })
    }

    #[command]
    fn tell(&self, command: &Tell) -> Result<Told, Infallible> {
        Ok(Told { text: command.text.clone() })
    }

    #[apply]
    fn on_taken(&mut self, _: &RoomTaken) {}

    #[apply]
    fn on_left(&mut self, _: &RoomLeft) {}

    #[apply]
    fn on_told(&mut self, event: &Told) {
        self.told.push(event.text.clone());
    }
}

/// Version 1 had `euros`, and no `left`.
#[process(key(booking: String))]
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stay {
    cents: u64,
    left: bool,
}

#[process(key(booking), unknown = "skip")]
impl Stay {
    #[apply]
    fn taken(&mut self, event: &RoomTaken) {
        self.cents = event.cents;
    }

    #[apply]
    fn left(&mut self, _: &RoomLeft) {
        self.left = true;
    }

    #[react(start)]
    fn on_taken(&self, _: &RoomTaken) -> Reaction {
        Reaction::new().deadline(Self::unpaid, 15 * MINUTE)
    }

    #[react]
    fn on_left(&self, _: &RoomLeft) -> Reaction {
        Reaction::new().cancel(Self::unpaid).deadline(Self::clean, 5 * MINUTE)
    }

    #[deadline]
    fn unpaid(&self, key: &StayKey) -> Reaction {
        self.tell(key, "unpaid")
    }

    #[deadline]
    fn clean(&self, key: &StayKey) -> Reaction {
        self.tell(key, "clean")
    }

    fn tell(&self, key: &StayKey, what: &str) -> Reaction {
        let text = format!("{what} {} {}", key.booking(), self.cents);
        Reaction::new().execute(&lodge(), Tell { text }).end()
    }
}

fn lodge() -> LodgeKey {
    LodgeKey::new(&tenant(), "A")
}

fn stay(name: &str) -> StayKey {
    StayKey::new(&tenant(), name)
}

struct World {
    store: MemoryEventStore,
    clock: Clock,
    app: App,
}

impl World {
    fn new() -> Self {
        let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
        let store = MemoryEventStore::new();
        let app = App::builder(store.clone()).clock(&clock).only(["Stay"]).build().unwrap();
        Self { store, clock, app }
    }

    /// The first step of an instance, as version 1 has stored it, with its timers.
    async fn began(&self, name: &str, deadlines: &[(&str, u32)]) {
        let (stream, now) = (stay(name).stream().unwrap(), self.clock.now());
        let cause = json!({ "event": {
            "pk": "INN#LODGE", "sk": "LODGE#A@0000000001", "index": 0, "type": "RoomTaken", "schema": 1,
            "data": { "booking": name, "euros": 3 },
            "metadata": { "createdAt": now.to_string(), "commandId": "take", "correlationId": "take" },
        }});
        let due = |minutes: u32| now + minutes * MINUTE;
        let set = |(deadline, minutes): &(&str, u32)| json!({ "set": { "deadline": deadline, "due": due(*minutes).to_string() } });
        let effects: Vec<Value> = deadlines.iter().map(set).collect();
        let data = json!({ "cause": cause, "outcome": { "reacted": effects } });
        let metadata = Metadata::new(format!("step of {name}"), now);
        let step = StoredEvent::new("STAY_STEP", 1, data);
        let commit = Commit::new(stream.clone(), Version::new(1), vec![step], metadata.clone());
        let mut new = NewCommits::new(vec![NewCommit::of(&commit).unwrap()]);
        for (deadline, minutes) in deadlines {
            let id = TimerId::new(due(*minutes), &format!("{deadline} of {name}"));
            let deadline = StoredEvent::new(*deadline, 1, Value::Null);
            new = new.setting(Timer::new(id, stream.clone(), "STAY", deadline, metadata.clone()));
        }
        assert_eq!(self.store.append_all(new).await.unwrap(), AppendAll::Written);
    }

    async fn after(&self, minutes: u32) {
        self.clock.advance(minutes * MINUTE);
        self.app.run_until_idle().await.unwrap();
    }

    async fn told(&self) -> Vec<String> {
        self.app.load(&lodge()).await.unwrap().state.told
    }

    /// How many timers wait, and how many letters there are.
    async fn left(&self) -> (usize, usize) {
        let letters = self.app.dead_letters().list().await.unwrap();
        (timers(&self.store, self.clock.now()).await, letters.len())
    }
}

#[tokio::test]
async fn an_instance_that_waits_for_its_deadline_ends_under_the_version_of_today() {
    let world = World::new();
    world.began("1", &[("unpaid", 15)]).await;
    let state = world.app.load(&stay("1")).await.unwrap().state;
    assert_eq!(*state.process(), Stay { cents: 300, left: false });
    world.app.execute(&lodge(), Take("2".into())).await.unwrap();
    world.after(14).await;
    assert_eq!(world.told().await, [""; 0]);
    world.after(1).await;
    let mut told = world.told().await;
    told.sort();
    assert_eq!(told, ["unpaid 1 300", "unpaid 2 500"]);
    assert!(world.app.load(&stay("1")).await.unwrap().state.has_ended());
    assert_eq!(world.left().await, (0, 0));
}

#[tokio::test]
async fn an_old_instance_takes_the_reactions_and_deadlines_of_today() {
    let world = World::new();
    world.began("1", &[("unpaid", 15)]).await;
    world.app.execute(&lodge(), Leave("1".into())).await.unwrap();
    world.after(0).await;
    let state = world.app.load(&stay("1")).await.unwrap().state;
    assert_eq!(*state.process(), Stay { cents: 300, left: true });
    world.after(5).await;
    assert_eq!(world.told().await, ["clean 1 300"]);
    world.after(10).await;
    assert_eq!((world.told().await.len(), world.left().await), (1, (0, 0)));
}

/// As long as its instance waits for it, it may be that of a newer program, and the sweeper leaves it. When nothing
/// waits for it any more, it is removed without a letter.
#[tokio::test]
async fn a_deadline_that_was_removed_goes_with_its_instances() {
    let world = World::new();
    for number in 0..20 {
        world.began(&number.to_string(), &[("remind", 10), ("unpaid", 15)]).await;
    }
    world.clock.advance(10 * MINUTE);
    let swept = world.app.sweep().await.unwrap();
    assert_eq!((swept.fired, swept.failed, swept.left, swept.newer), (0, 0, 0, 20));
    world.after(5).await;
    assert_eq!(world.told().await.len(), 20);
    world.after(0).await;
    assert_eq!(world.left().await, (0, 0));
}

/// Then there is one letter of `@timers` for each of these, a day later. The instance itself continues.
#[tokio::test]
async fn a_removed_deadline_that_an_instance_waits_for_is_given_up_after_a_day() {
    let world = World::new();
    world.began("1", &[("remind", 10)]).await;
    world.after(23 * 60).await;
    assert_eq!(world.left().await, (1, 0));
    world.after(2 * 60).await;
    assert_eq!(world.left().await, (0, 1));
    let letter = world.app.dead_letters().list().await.unwrap().remove(0);
    assert_eq!(letter.id.subscriber, "@timers");
    let said = "`Stay` has no `#[deadline]` method `remind`; a newer program may have stored it";
    assert!(letter.reason.contains(said), "{}", letter.reason);
    world.app.execute(&lodge(), Leave("1".into())).await.unwrap();
    world.after(5).await;
    world.after(5).await;
    assert_eq!(world.told().await, ["clean 1 300"]);
}

/// A program of version 1, which has the deadline, has taken its step, and has crashed before the command of that step.
#[tokio::test]
async fn the_step_of_a_removed_deadline_is_brought_to_its_end() {
    let world = World::new();
    world.began("1", &[("remind", 10)]).await;
    world.clock.advance(10 * MINUTE);
    let (stream, due) = (stay("1").stream().unwrap(), world.clock.now());
    let name = format!("process STAY\n{}\n{}\nremind\n{due}\nstep of 1", stream.pk(), stream.sk());
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string();
    let mut metadata = Metadata::new(id, due);
    metadata.command_digest = Some("71f5f9d4888755e9".to_owned());
    let lodge = lodge().stream().unwrap();
    let tell = json!({ "execute": {
        "entity": "LODGE", "pk": lodge.pk(), "sk": lodge.sk(), "type": "Tell", "schema": 1, "data": { "text": "remind 1" },
    }});
    let data = json!({
        "cause": { "deadline": { "deadline": "remind", "due": due.to_string() } },
        "outcome": { "reacted": [tell] },
    });
    let step = StoredEvent::new("STAY_STEP", 1, data);
    append(&world.store, &Commit::new(stream, Version::new(2), vec![step], metadata)).await.unwrap();
    world.after(0).await;
    assert_eq!((world.told().await, world.left().await), (vec!["remind 1".to_owned()], (0, 0)));
}
