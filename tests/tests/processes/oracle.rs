//! What the stored steps of bookings must be, derived from the stored commits without the engine.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_core::prelude::*;
use cqrs_core::{Commit, StreamKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::booking::{BookingKey, MINUTE, booking, house, payment};

/// The events that a booking listens to.
const LISTENED: [&str; 5] = ["RoomHeld", "Extended", "Broken", "Paid", "Declined"];

/// All that is stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stored {
    /// Of houses and payments.
    pub(crate) sources: Vec<Commit>,
    /// The steps, by booking.
    pub(crate) steps: BTreeMap<String, Vec<Commit>>,
}

/// Where an event is: the two keys of its commit, and its place in it.
pub(crate) type Place = (String, String, u64);

/// What a booking must be after its steps.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) started: bool,
    pub(crate) ended: bool,
    pub(crate) house: String,
    pub(crate) cents: u64,
    pub(crate) extensions: u32,
    pub(crate) paid: bool,
    pub(crate) unpaid: Option<Timestamp>,
    /// Whether its deadline came.
    pub(crate) expired: bool,
    /// How many events came before anything had started it.
    pub(crate) passed: usize,
    taken: BTreeSet<Place>,
    expected: Vec<Expected>,
}

/// The commit that a command of a step becomes.
#[derive(Debug)]
struct Expected {
    id: String,
    stream: StreamKey,
    event: &'static str,
    data: Value,
    step: Commit,
}

/// The events of a commit that are for bookings: the place in the commit, and the booking.
pub(crate) fn listened(commit: &Commit) -> impl Iterator<Item = (usize, &str)> {
    let events = commit.events.iter().enumerate();
    events
        .filter(|(_, event)| LISTENED.contains(&&*event.name))
        .map(|(index, event)| (index, event.data["booking"].as_str().unwrap()))
}

pub(crate) fn place(commit: &Commit, index: usize) -> Place {
    (commit.stream.pk().to_owned(), commit.stream.commit_sk(commit.version), index as u64)
}

/// The event that a step was taken for; none for a deadline.
pub(crate) fn taken(step: &Commit) -> Option<Place> {
    let event = step.events[0].data["cause"].get("event")?;
    let text = |name: &str| event[name].as_str().unwrap().to_owned();
    Some((text("pk"), text("sk"), event["index"].as_u64().unwrap()))
}

/// The time of the deadline that a step was taken for.
pub(crate) fn due(step: &Commit) -> Option<Timestamp> {
    let deadline = step.events[0].data["cause"].get("deadline")?;
    Some(deadline["due"].as_str().unwrap().parse().unwrap())
}

pub(crate) fn has_ended(steps: &[Commit]) -> bool {
    let effects = steps.iter().filter_map(|step| step.events[0].data["outcome"]["reacted"].as_array());
    effects.flatten().any(|effect| effect == "end")
}

/// Checks everything. `orders` are the ids of the commands that a person has sent.
pub(crate) fn check(stored: &Stored, orders: &BTreeSet<String>, told: &str) -> BTreeMap<String, Model> {
    let events: BTreeMap<Place, &Commit> = stored
        .sources
        .iter()
        .flat_map(|commit| (0..commit.events.len()).map(move |index| (place(commit, index), commit)))
        .collect();
    let mut models = BTreeMap::new();
    for (name, steps) in &stored.steps {
        let mut model = Model::default();
        for (version, step) in (1..).zip(steps) {
            let told = format!("{told}: step {version} of {name}");
            assert_eq!((step.version.get(), step.events.len()), (version, 1), "{told}");
            assert_eq!((&*step.events[0].name, step.events[0].schema), ("BOOKING_STEP", 1), "{told}");
            model.step(name, step, &events, &told);
        }
        models.insert(name.clone(), model);
    }
    for commit in &stored.sources {
        for (index, name) in listened(commit) {
            let (model, place) = (&models[name], place(commit, index));
            assert!(
                model.taken.contains(&place) || model.ended,
                "{told}: {name} missed {:?} at {place:?}",
                commit.events[index]
            );
        }
    }
    check_commands(stored, orders, models.values().flat_map(|model| &model.expected), told);
    models
}

/// Every command of every step happened once, and nothing else did.
fn check_commands<'a>(
    stored: &Stored,
    orders: &BTreeSet<String>,
    expected: impl Iterator<Item = &'a Expected>,
    told: &str,
) {
    let mut happened: BTreeMap<(&StreamKey, &str), Vec<&Commit>> = BTreeMap::new();
    for commit in &stored.sources {
        happened.entry((&commit.stream, &commit.metadata.command_id)).or_default().push(commit);
    }
    for Expected { id, stream, event, data, step } in expected {
        let found = happened.remove(&(stream, &**id)).unwrap_or_default();
        let [commit] = found[..] else {
            panic!("{told}: {event} of {} {} happened {} times", step.stream, step.version, found.len())
        };
        let [only] = &commit.events[..] else { panic!("{told}: {commit:?}") };
        assert_eq!((&*only.name, &only.data), (*event, data), "{told}");
        assert_eq!(commit.metadata.causation_id.as_ref(), Some(&step.metadata.command_id), "{told}");
        assert_eq!(commit.metadata.correlation_id, step.metadata.correlation_id, "{told}");
    }
    for ((_, id), commits) in happened {
        assert!(orders.contains(id), "{told}: nobody has sent {commits:?}");
        assert_eq!(commits.len(), 1, "{told}: {id} happened twice");
    }
}

impl Model {
    fn step(&mut self, name: &str, step: &Commit, events: &BTreeMap<Place, &Commit>, told: &str) {
        assert!(!self.ended, "{told} is behind the end");
        let (key, data) = (booking(name), &step.events[0].data);
        let effects = match (taken(step), due(step)) {
            (Some(place), None) => {
                let commit = events.get(&place).unwrap_or_else(|| panic!("{told}: no event {place:?}"));
                let (event, cause) =
                    (&commit.events[usize::try_from(place.2).unwrap()], &data["cause"]["event"]);
                assert_eq!(cause["type"].as_str(), Some(&*event.name), "{told}");
                assert_eq!(cause["metadata"], serde_json::to_value(&*commit.metadata).unwrap(), "{told}");
                assert_eq!(event.data["booking"], name, "{told} is of another booking");
                assert_eq!(step.metadata.causation_id.as_ref(), Some(&commit.metadata.command_id), "{told}");
                assert!(self.taken.insert(place), "{told}: an event was taken twice");
                if data["outcome"] == "skipped" {
                    assert!(!self.started && event.name != "RoomHeld", "{told}: it was to be taken");
                    assert_eq!(cause["data"], Value::Null, "{told}");
                    self.passed += 1;
                    return;
                }
                assert_eq!(cause["data"], event.data, "{told}");
                self.event(&key, &event.name, &event.data, commit)
            }
            (None, Some(due)) => {
                assert_eq!(data["cause"]["deadline"]["deadline"], "unpaid", "{told}");
                assert_eq!(self.unpaid, Some(due), "{told}: nothing waits for this deadline");
                assert!(step.metadata.recorded() >= due, "{told} came early");
                self.expired = true;
                self.given_up(&key, "unpaid", true)
            }
            _ => panic!("{told}: {data}"),
        };
        assert_eq!(data["outcome"], json!({ "reacted": effects }), "{told}");
        self.expect(&effects, step);
    }

    /// What an event leads to, in the form that it is stored in.
    fn event(&mut self, key: &BookingKey, event: &str, data: &Value, commit: &Commit) -> Vec<Value> {
        assert!(self.started || event == "RoomHeld", "{event} has started nothing");
        let due = commit.metadata.recorded() + 15 * MINUTE;
        let set = json!({ "set": { "deadline": "unpaid", "due": due.to_string() } });
        match event {
            "RoomHeld" => {
                self.started = true;
                self.house = commit.stream.sk().rsplit_once('#').unwrap().1.to_owned();
                self.cents = data["cents"].as_u64().unwrap();
                self.unpaid = Some(due);
                let ask = json!({ "cents": self.cents });
                vec![set, execute("PAYMENT", &payment(key).stream().unwrap(), "AskPayment", &ask)]
            }
            "Extended" => {
                self.extensions += 1;
                self.unpaid = Some(due);
                vec![set]
            }
            "Paid" => {
                self.paid = true;
                self.end();
                let confirm = json!({ "booking": key.booking() });
                let mut confirm = execute("HOUSE", &self.house_stream(), "ConfirmRoom", &confirm);
                confirm["execute"]["by"] = "booking".into();
                vec![json!({ "cancel": { "deadline": "unpaid" } }), confirm, json!("end")]
            }
            "Declined" => self.given_up(key, "declined", false),
            other => panic!("{other}"),
        }
    }

    fn given_up(&mut self, key: &BookingKey, reason: &str, is_voided: bool) -> Vec<Value> {
        let release = json!({ "booking": key.booking(), "reason": reason });
        let mut effects = vec![execute("HOUSE", &self.house_stream(), "ReleaseRoom", &release), json!("end")];
        if is_voided {
            effects.push(execute("PAYMENT", &payment(key).stream().unwrap(), "VoidPayment", &json!({})));
        }
        self.end();
        effects
    }

    fn end(&mut self) {
        self.ended = true;
        self.unpaid = None;
    }

    fn house_stream(&self) -> StreamKey {
        house(&self.house).stream().unwrap()
    }

    /// The commits that the commands of a step become.
    fn expect(&mut self, effects: &[Value], step: &Commit) {
        for (index, effect) in effects.iter().enumerate() {
            let Some(command) = effect.get("execute") else { continue };
            let text = |name: &str| command[name].as_str().unwrap();
            let (event, data) = match text("type") {
                "AskPayment" => ("PaymentAsked", json!({ "booking": "", "cents": command["data"]["cents"] })),
                "VoidPayment" => ("PaymentVoided", json!({ "booking": "" })),
                "ConfirmRoom" => ("RoomConfirmed", command["data"].clone()),
                "ReleaseRoom" => ("RoomReleased", command["data"].clone()),
                other => panic!("{other}"),
            };
            let (stream, version) = (&step.stream, step.version);
            let name =
                format!("process BOOKING\n{}\n{}\ncommand\n{version}\n{index}", stream.pk(), stream.sk());
            self.expected.push(Expected {
                id: Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string(),
                stream: StreamKey::new(text("pk"), text("sk")).unwrap(),
                event,
                data,
                step: step.clone(),
            });
        }
    }
}

fn execute(entity: &str, stream: &StreamKey, r#type: &str, data: &Value) -> Value {
    let (pk, sk) = (stream.pk(), stream.sk());
    json!({ "execute": { "entity": entity, "pk": pk, "sk": sk, "type": r#type, "schema": 1, "data": data } })
}
