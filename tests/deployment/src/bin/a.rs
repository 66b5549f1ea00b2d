//! Build A: parcels are weighed in pounds, and none comes back.

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_deployment::{Build, Done, Fault, Journal};
use cqrs_dynamo::Dynamo;
use futures_util::TryStreamExt;
use serde_json::{Map, Value, json, to_value};

#[event]
struct ParcelAccepted {
    sender: String,
    pounds: u64,
    depot: String,
}

#[event]
struct ParcelMoved {
    from: String,
    to: String,
    by: Carrier,
}

#[derive(Clone, Copy, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
enum Carrier {
    Van,
    Bike,
}

#[event]
struct ParcelDelivered {
    depot: String,
}

#[derive(Clone)]
struct Accept {
    sender: String,
    pounds: u64,
    depot: String,
}

#[derive(Clone)]
struct Move {
    to: String,
}

#[derive(Clone)]
struct Deliver;

#[derive(Debug, thiserror::Error)]
enum ParcelError {
    #[error("the parcel is here already")]
    Here,
    #[error("the parcel is not here")]
    NotHere,
}

#[aggregate(entity = "PARCEL", snapshot_every = 3)]
#[derive(Clone, Default)]
struct Parcel {
    depot: Option<String>,
    delivered: bool,
}

#[aggregate]
impl Parcel {
    #[command]
    fn accept(&self, command: Accept) -> Result<ParcelAccepted, ParcelError> {
        let Accept { sender, pounds, depot } = command;
        if self.delivered || self.depot.is_some() {
            return Err(ParcelError::Here);
        }
        Ok(ParcelAccepted { sender, pounds, depot })
    }

    #[command]
    fn r#move(&self, command: Move) -> Result<ParcelMoved, ParcelError> {
        let by = if command.to == "door" { Carrier::Bike } else { Carrier::Van };
        Ok(ParcelMoved { from: self.depot()?, to: command.to, by })
    }

    #[command]
    fn deliver(&self, _: Deliver) -> Result<ParcelDelivered, ParcelError> {
        Ok(ParcelDelivered { depot: self.depot()? })
    }

    fn depot(&self) -> Result<String, ParcelError> {
        self.depot.clone().ok_or(ParcelError::NotHere)
    }

    #[apply]
    fn accepted(&mut self, event: &ParcelAccepted) {
        self.depot = Some(event.depot.clone());
    }

    #[apply]
    fn moved(&mut self, event: &ParcelMoved) {
        self.depot = Some(event.to.clone());
    }

    #[apply]
    fn delivered(&mut self, _: &ParcelDelivered) {
        (self.depot, self.delivered) = (None, true);
    }
}

/// At the parcel's key.
#[projection(Parcel)]
#[derive(Default)]
struct Tracking {
    depot: String,
    moves: u64,
    delivered: bool,
}

#[projection(Parcel)]
impl Tracking {
    #[apply]
    fn accepted(&mut self, event: &ParcelAccepted) {
        self.depot.clone_from(&event.depot);
    }

    #[apply]
    fn moved(&mut self, event: &ParcelMoved) {
        self.depot.clone_from(&event.to);
        self.moves += 1;
    }

    #[apply]
    fn delivered(&mut self, _: &ParcelDelivered) {
        self.delivered = true;
    }
}

/// Across parcels.
#[projection(key(depot: String))]
#[derive(Default)]
struct Depot {
    parcels: i64,
}

#[projection(key(depot))]
impl Depot {
    #[apply]
    fn accepted(&mut self, _event: &ParcelAccepted) {
        self.parcels += 1;
    }

    #[apply(keys = [event.from.clone(), event.to.clone()])]
    fn moved(&mut self, event: &ParcelMoved, key: &DepotKey) {
        self.parcels -= i64::from(*key.depot() == event.from);
        self.parcels += i64::from(*key.depot() == event.to);
    }

    #[apply]
    fn delivered(&mut self, _event: &ParcelDelivered) {
        self.parcels -= 1;
    }
}

/// Across parcels, and renamed in build B.
#[projection(key(sender: String), name = "Sender")]
#[derive(Default)]
struct Sender {
    parcels: u64,
    grams: u64,
}

#[projection(key(sender))]
impl Sender {
    #[apply]
    fn accepted(&mut self, event: &ParcelAccepted) {
        self.parcels += 1;
        self.grams += event.pounds * 454;
    }
}

/// There is none in build B.
#[event_handler(ParcelAccepted)]
async fn label(event: &Recorded<ParcelAccepted>, journal: &Journal) -> Result<(), HandlerError> {
    Ok(journal.note("label", event)?)
}

/// Listens to another event in build B.
struct Notice {
    journal: Journal,
}

#[event_handler(ParcelAccepted, ParcelDelivered)]
impl Notice {
    async fn parcel_accepted(&self, event: &Recorded<ParcelAccepted>) -> Result<(), HandlerError> {
        Ok(self.journal.note("Notice", event)?)
    }

    async fn parcel_delivered(&self, event: &Recorded<ParcelDelivered>) -> Result<(), HandlerError> {
        Ok(self.journal.note("Notice", event)?)
    }
}

/// A parcel that is brought to the door is delivered.
#[event_handler(ParcelMoved, once)]
async fn courier(event: &Recorded<ParcelMoved>, journal: &Journal, app: &App) -> Result<(), HandlerError> {
    if event.to == "door" {
        match app.execute(&event.key()?, Deliver).await {
            Ok(_) | Err(cqrs_core::ExecuteError::Rejected(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(journal.note("courier", event)?)
}

struct BuildA;

impl Build for BuildA {
    const NAME: &'static str = "A";

    fn app(dynamo: &Dynamo, journal: Journal) -> Result<App, Fault> {
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).snapshots(dynamo.snapshots());
        let app = app.settings(cqrs_deployment::settings);
        Ok(app.provide(Notice { journal: journal.clone() }).provide(journal).build()?)
    }

    async fn command(app: &App, parcel: &str, random: &mut fastrand::Rng) -> Result<Done, Fault> {
        let key = ParcelKey::new(&Tenant::new("POST")?, parcel);
        let mut one_of = |names: &[&str]| names[random.usize(..names.len())].to_owned();
        match one_of(&["accept", "accept", "move", "move", "move", "deliver"]).as_str() {
            "accept" => {
                let (sender, depot) = (one_of(&["Ada", "Bob"]), one_of(&["north", "south"]));
                Done::of(app.execute(&key, Accept { sender, depot, pounds: random.u64(1..9) }).await)
            }
            "move" => {
                Done::of(app.execute(&key, Move { to: one_of(&["north", "south", "east", "door"]) }).await)
            }
            _ => Done::of(app.execute(&key, Deliver).await),
        }
    }

    async fn views(app: &App) -> Result<Value, Fault> {
        let tenant = Tenant::new("POST")?;
        let mut all = [Map::new(), Map::new(), Map::new()];
        for found in app.views::<Tracking>(&tenant).try_collect::<Vec<_>>().await? {
            all[0].insert(found.key.id().clone(), to_value(&found.view)?);
        }
        for found in app.views::<Depot>(&tenant).try_collect::<Vec<_>>().await? {
            all[1].insert(found.key.depot().clone(), to_value(&found.view)?);
        }
        for found in app.views::<Sender>(&tenant).try_collect::<Vec<_>>().await? {
            all[2].insert(found.key.sender().clone(), to_value(&found.view)?);
        }
        let [tracking, depot, sender] = all;
        Ok(json!({ "tracking": tracking, "depot": depot, "sender": sender }))
    }
}

fn main() -> Result<(), Fault> {
    cqrs_deployment::run::<BuildA>()
}
