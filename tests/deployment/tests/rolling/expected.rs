//! The expected views and handled events, folded by hand from the stored commits, without either build.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_core::{Commit, StoredEvent};
use serde_json::{Map, Value, json};

/// What must exist for some commits.
#[derive(Default)]
pub(crate) struct Expected {
    tracking: BTreeMap<String, Tracking>,
    depots: BTreeMap<String, (i64, u64)>,
    senders: BTreeMap<String, (u64, u64)>,
    /// `{handler} {sk} {version}`, of the handlers of both builds, and of the new one.
    pub(crate) handled: BTreeSet<String>,
    /// The same for the handler that build B no longer has.
    pub(crate) labels: BTreeSet<String>,
    /// The same of events that build A does not know as wide as they are.
    pub(crate) wider: BTreeSet<String>,
}

#[derive(Default)]
struct Tracking {
    depot: String,
    moves: u64,
    delivered: bool,
    returned: bool,
    grams: u64,
    fragile: u64,
}

impl Expected {
    pub(crate) fn of(mut commits: Vec<Commit>) -> Self {
        commits.sort_by_key(|commit| (commit.stream.clone(), commit.version));
        let mut expected = Self::default();
        for commit in &commits {
            for event in &commit.events {
                expected.take(commit, event);
            }
        }
        expected
    }

    fn take(&mut self, commit: &Commit, event: &StoredEvent) {
        let StoredEvent { name, schema, widened, data, .. } = event;
        let text = |field: &str| data[field].as_str().unwrap_or_default().to_owned();
        let parcel = commit.stream.sk().trim_start_matches("PARCEL#").to_owned();
        let place = format!("{} {}", commit.stream.sk(), commit.version);
        let tracking = self.tracking.entry(parcel).or_default();
        let handlers: &[&str] = match name.as_str() {
            "ParcelAccepted" => {
                let pounds = data["pounds"].as_u64().map(|pounds| pounds * 454);
                let grams = if *schema == 1 { pounds } else { data["grams"].as_u64() }.unwrap();
                (tracking.depot, tracking.grams) = (text("depot"), grams);
                self.depots.entry(text("depot")).or_default().0 += 1;
                let (parcels, of_sender) = self.senders.entry(text("sender")).or_default();
                (*parcels, *of_sender) = (*parcels + 1, *of_sender + grams);
                self.labels.insert(format!("label {place}"));
                &["Notice"]
            }
            "ParcelMoved" => {
                assert_eq!(text("from"), tracking.depot, "{place} was decided on another state");
                (tracking.depot, tracking.moves) = (text("to"), tracking.moves + 1);
                tracking.fragile += u64::from(data["fragile"] == true && data["by"] == "Drone");
                if *widened > 0 {
                    self.wider.insert(format!("courier {place}"));
                }
                self.depots.entry(text("from")).or_default().0 -= 1;
                self.depots.entry(text("to")).or_default().0 += 1;
                &["courier"]
            }
            "ParcelDelivered" => {
                tracking.delivered = true;
                self.depots.entry(text("depot")).or_default().0 -= 1;
                &["Notice"]
            }
            "ParcelReturned" => {
                tracking.returned = true;
                let (parcels, returned) = self.depots.entry(text("depot")).or_default();
                (*parcels, *returned) = (*parcels - 1, *returned + 1);
                &["Notice", "refund"]
            }
            _ => panic!("{place} has a `{name}`"),
        };
        self.handled.extend(handlers.iter().map(|handler| format!("{handler} {place}")));
    }

    /// The faults of the views that a build reports, as far as the build has the fields.
    pub(crate) fn differences(&self, seen: &Value) -> Vec<String> {
        let mut differences = Vec::new();
        for (name, expected) in self.views() {
            let seen = seen[name].as_object().unwrap();
            assert!(seen.keys().all(|key| expected.contains_key(key)), "{name}: {seen:?}");
            for (key, expected) in expected {
                let view = seen.get(&key).and_then(Value::as_object);
                let same = |view: &Map<_, _>| view.iter().all(|(field, value)| expected[field] == *value);
                if !view.is_some_and(same) {
                    differences.push(format!("{name} {key}: {view:?}, and it is {expected}"));
                }
            }
        }
        differences
    }

    /// The views of build B, which has all fields.
    fn views(&self) -> [(&'static str, BTreeMap<String, Value>); 3] {
        let tracking = self.tracking.iter().map(|(id, view)| {
            let Tracking { depot, moves, delivered, returned, grams, fragile } = view;
            let view = json!({
                "depot": depot, "moves": moves, "delivered": delivered, "returned": returned, "grams": grams,
                "fragile": fragile
            });
            (id.clone(), view)
        });
        let depots = self.depots.iter().map(|(name, (parcels, returned))| {
            (name.clone(), json!({ "parcels": parcels, "returned": returned }))
        });
        let senders = self
            .senders
            .iter()
            .map(|(name, (parcels, grams))| (name.clone(), json!({ "parcels": parcels, "grams": grams })));
        [("tracking", tracking.collect()), ("depot", depots.collect()), ("sender", senders.collect())]
    }
}
