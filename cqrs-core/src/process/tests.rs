//! Tests what `#[process]` generates: keys, folds, reactions and deadlines of one event after another.

use std::convert::Infallible;
use std::time::Duration;

use serde_json::json;

use crate::aggregate::{Aggregate, Entity};
use crate::commit::{Commit, StoredEvent};
use crate::event::{Event, RawEvent};
use crate::key::StreamKey;
use crate::prelude::*;
use crate::process::{DeadlineArm, Effect, Instance, Process, ProcessArm, ProcessState, Step, StepCause};

#[event(crate = crate)]
struct Held {
    room: String,
    cents: u64,
}

#[event(crate = crate)]
struct Paid {
    of: String,
}

#[command(crate = crate)]
struct Release {}

#[aggregate(entity = "ROOM", key(room: String), crate = crate)]
#[derive(Default)]
struct Room {}

#[aggregate(crate = crate)]
impl Room {
    #[command]
    fn release(&self, _: &Release) -> Result<Option<Held>, Infallible> {
        Ok(None)
    }

    #[apply]
    fn held(&mut self, _: &Held) {}

    #[apply]
    fn paid(&mut self, _: &Paid) {}
}

#[process(key(room: String), crate = crate)]
#[derive(Debug, Clone, Default)]
struct Booking {
    cents: u64,
}

#[process(key(room), unknown = "skip", crate = crate)]
impl Booking {
    #[apply]
    fn held(&mut self, event: &Recorded<Held>) {
        self.cents += event.cents * event.version().get();
    }

    #[react(start)]
    fn on_held(&self, event: &Held) -> Reaction {
        assert_eq!(self.cents, event.cents, "the reaction comes after the fold");
        Reaction::new()
            .deadline(Self::unpaid, Duration::from_secs(60))
            .deadline(Self::reminder, Duration::ZERO)
    }

    #[react(key(room = event.of.to_lowercase()))]
    fn on_paid(&self, event: &Paid, key: &BookingKey) -> Reaction {
        assert_ne!(&event.of, key.room());
        Reaction::new().cancel(Booking::unpaid).end()
    }

    #[deadline]
    fn unpaid(&self, key: &BookingKey) -> Reaction {
        Reaction::new().execute(&RoomKey::new(key.tenant(), key.room()), Release {})
    }

    #[deadline]
    fn reminder(&self) -> Reaction {
        Reaction::new()
    }
}

fn commit(event: &impl Event) -> Commit {
    let stream = StreamKey::new("T#ROOM".to_owned(), "ROOM#1".to_owned()).unwrap();
    let at = "2024-01-01T12:00:00Z".parse().unwrap();
    Commit::new(stream, Version::new(1), vec![StoredEvent::encode(event).unwrap()], Metadata::new("c-1", at))
}

fn arm<E: Event>() -> &'static ProcessArm<Booking> {
    Booking::ARMS.iter().find(|arm| arm.event.name == E::TYPE).unwrap()
}

fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

#[test]
fn an_event_finds_its_instance_and_what_is_to_be_done() {
    let commit = commit(&Held { room: "r1".into(), cents: 5 });
    let raw = RawEvent::all(&commit).next().unwrap();
    let arm = arm::<Held>();
    let key = (arm.key)(&raw, tenant()).unwrap();
    assert_eq!(key, BookingKey::new(&tenant(), "r1"));
    assert!(arm.starts);

    let mut booking = Booking::initial();
    (arm.apply.unwrap())(&mut booking, &raw).unwrap();
    assert_eq!(booking.cents, 5);
    let reaction = (arm.react.unwrap())(&booking, &raw, &key).unwrap();
    let at: Timestamp = "2024-01-01T12:00:00Z".parse().unwrap();
    let effects = reaction.effects::<Booking>(at).unwrap();
    let set = |deadline: &str, due| Effect::Set { deadline: deadline.into(), due };
    assert_eq!(effects, [set("unpaid", at + Duration::from_secs(60)), set("reminder", at)]);
}

#[test]
fn a_key_that_is_said_is_the_one_that_counts() {
    let commit = commit(&Paid { of: "R1".into() });
    let raw = RawEvent::all(&commit).next().unwrap();
    let arm = arm::<Paid>();
    let key = (arm.key)(&raw, tenant()).unwrap();
    assert_eq!(key.room(), "r1");
    assert!(arm.apply.is_none() && !arm.starts);
    let reaction = (arm.react.unwrap())(&Booking::initial(), &raw, &key).unwrap();
    let effects = reaction.effects::<Booking>(Timestamp::now()).unwrap();
    assert_eq!(effects, [Effect::Cancel { deadline: "unpaid".into() }, Effect::End]);
}

#[test]
fn a_deadline_is_told_from_others_by_its_method() {
    let [unpaid, reminder] = Booking::DEADLINES else { panic!("two") };
    assert_ne!((unpaid.method)(), (reminder.method)());
    let DeadlineArm { name, react, .. } = unpaid;
    assert_eq!(*name, "unpaid");
    let reaction = react(&Booking::initial(), &BookingKey::new(&tenant(), "r1"));
    let effects = reaction.effects::<Booking>(Timestamp::now()).unwrap();
    let [Effect::Execute { entity, pk, sk, r#type, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!([entity, pk, sk, r#type], ["ROOM", "T#ROOM", "ROOM#r1", "Release"]);
}

#[test]
fn a_reaction_names_who_sends_its_own_commands() {
    let room = RoomKey::new(&tenant(), "r1");
    let released = || Reaction::new().execute(&room, Release {});
    let both = released().by("booking").execute(&room, Release {}).and(released());
    let effects = both.effects::<Booking>(Timestamp::now()).unwrap();
    let senders = effects.iter().map(|effect| match effect {
        Effect::Execute { by, .. } => by.as_deref(),
        _ => panic!("{effect:?}"),
    });
    assert_eq!(senders.collect::<Vec<_>>(), [Some("booking"), Some("booking"), None]);
    let stored = serde_json::to_value(&effects[2]).unwrap();
    assert!(stored["execute"].get("by").is_none(), "as earlier releases stored it: {stored}");
    assert_eq!(read::<Effect>(stored), effects[2]);

    let fault = released().by("").effects::<Booking>(Timestamp::now()).unwrap_err();
    assert!(fault.starts_with("`.by(…)` is empty"), "{fault}");
}

fn read<T: serde::de::DeserializeOwned>(stored: serde_json::Value) -> T {
    serde_json::from_value(stored).unwrap()
}

fn step(stored: serde_json::Value) -> Step {
    read(stored)
}

/// The instance after its first step, which sets a deadline for a time.
fn instance(due: Timestamp) -> Instance<Booking> {
    let set = json!({ "set": { "deadline": "unpaid", "due": due } });
    let cause = StepCause::of(&RawEvent::all(&commit(&Held { room: "r1".into(), cents: 5 })).next().unwrap());
    let mut instance = Instance::<Booking>::initial();
    instance.apply(&step(json!({ "cause": cause, "outcome": { "reacted": [set] } })));
    instance
}

/// A deadline that was moved away and back to the same time is another one.
#[test]
fn a_deadline_is_told_from_others_by_the_step_that_set_it() {
    let due: Timestamp = "2024-01-01T12:01:00Z".parse().unwrap();
    let mut instance = instance(due);
    let of = |version| StepCause::of_timer(&StepCause::setting("unpaid", Version::new(version)), due);
    assert!(instance.is_awaited(&of(1)) && !instance.is_awaited(&of(2)));
    let stored = serde_json::to_value(of(1)).unwrap();
    assert_eq!(stored, json!({ "deadline": { "deadline": "unpaid", "due": due, "of": 1 } }));
    assert_eq!(read::<StepCause>(stored), of(1));

    let set = json!({ "set": { "deadline": "unpaid", "due": due } });
    let paid = commit(&Paid { of: "R1".into() });
    let cause = StepCause::of(&RawEvent::all(&paid).next().unwrap());
    instance.apply(&step(json!({ "cause": cause, "outcome": { "reacted": [set] } })));
    assert!(!instance.is_awaited(&of(1)) && instance.is_awaited(&of(2)));
    assert_eq!(instance.deadlines().collect::<Vec<_>>(), [("unpaid", due)]);
}

/// The timers and steps of earlier releases do not show which step has set a deadline. The time of the deadline shows
/// it.
#[test]
fn a_deadline_of_an_earlier_release_is_awaited() {
    let due: Timestamp = "2024-01-01T12:01:00Z".parse().unwrap();
    let mut instance = instance(due);
    let timer = StoredEvent::new("unpaid", 1, serde_json::Value::Null);
    let cause = StepCause::of_timer(&timer, due);
    let stored = json!({ "deadline": { "deadline": "unpaid", "due": due } });
    assert_eq!(serde_json::to_value(&cause).unwrap(), stored);
    assert_eq!(read::<StepCause>(stored.clone()), cause);
    assert!(instance.is_awaited(&cause));
    assert!(!instance.is_awaited(&StepCause::of_timer(&timer, due + Duration::from_secs(1))));
    instance.apply(&step(json!({ "cause": stored, "outcome": { "reacted": [] } })));
    assert!(!instance.is_awaited(&cause));
}
