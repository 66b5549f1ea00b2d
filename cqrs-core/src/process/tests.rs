//! What `#[process]` writes, taken at its word: keys, folds, reactions and deadlines of one event after another.

use std::convert::Infallible;
use std::time::Duration;

use crate::commit::{Commit, StoredEvent};
use crate::event::{Event, RawEvent};
use crate::key::StreamKey;
use crate::prelude::*;
use crate::process::{DeadlineArm, Effect, Process, ProcessArm, ProcessState};

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
