//! Build B: parcels are weighed in grams, and some come back.

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_deployment::{Build, Done, Fault, Journal};
use cqrs_dynamo::Dynamo;
use futures_util::TryStreamExt;
use serde_json::{Map, Value, json, to_value};

#[event(name = "ParcelAccepted")]
struct ParcelAcceptedV1 {
    sender: String,
    pounds: u64,
    depot: String,
}

#[event(schema = 2, from = ParcelAcceptedV1)]
struct ParcelAccepted {
    sender: String,
    grams: u64,
    depot: String,
}

impl From<ParcelAcceptedV1> for ParcelAccepted {
    fn from(old: ParcelAcceptedV1) -> Self {
        Self { sender: old.sender, grams: old.pounds * 454, depot: old.depot }
    }
}

/// Build A knows neither the drone nor what is fragile.
#[event(widened = 1)]
struct ParcelMoved {
    from: String,
    to: String,
    by: Carrier,
    fragile: Option<bool>,
}

#[derive(Clone, Copy, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
enum Carrier {
    Van,
    Drone,
    Bike,
}

#[event]
struct ParcelDelivered {
    depot: String,
}

#[event]
struct ParcelReturned {
    depot: String,
}

#[derive(Clone)]
struct Accept {
    sender: String,
    grams: u64,
    depot: String,
}

#[derive(Clone)]
struct Move {
    to: String,
}

#[derive(Clone)]
struct Deliver;

#[derive(Clone)]
struct Return;

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
    gone: bool,
}

#[aggregate]
impl Parcel {
    #[command]
    fn accept(&self, command: Accept) -> Result<ParcelAccepted, ParcelError> {
        let Accept { sender, grams, depot } = command;
        if self.gone || self.depot.is_some() {
            return Err(ParcelError::Here);
        }
        Ok(ParcelAccepted { sender, grams, depot })
    }

    #[command]
    fn r#move(&self, command: Move) -> Result<ParcelMoved, ParcelError> {
        let (by, fragile) = match command.to.as_str() {
            "door" => (Carrier::Bike, None),
            "east" => (Carrier::Drone, Some(true)),
            _ => (Carrier::Van, Some(false)),
        };
        Ok(ParcelMoved { from: self.depot()?, to: command.to, by, fragile })
    }

    #[command]
    fn deliver(&self, _: Deliver) -> Result<ParcelDelivered, ParcelError> {
        Ok(ParcelDelivered { depot: self.depot()? })
    }

    #[command]
    fn r#return(&self, _: Return) -> Result<ParcelReturned, ParcelError> {
        Ok(ParcelReturned { depot: self.depot()? })
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
        (self.depot, self.gone) = (None, true);
    }

    #[apply]
    fn returned(&mut self, _: &ParcelReturned) {
        (self.depot, self.gone) = (None, true);
    }
}

/// At the parcel's key.
#[projection(Parcel)]
#[derive(Default)]
#[serde(default)]
struct Tracking {
    depot: String,
    moves: u64,
    delivered: bool,
    returned: bool,
    grams: u64,
    fragile: u64,
}

#[projection(Parcel)]
impl Tracking {
    #[apply]
    fn accepted(&mut self, event: &ParcelAccepted) {
        self.depot.clone_from(&event.depot);
        self.grams = event.grams;
    }

    #[apply]
    fn moved(&mut self, event: &ParcelMoved) {
        self.depot.clone_from(&event.to);
        self.moves += 1;
        self.fragile += u64::from(event.fragile == Some(true) && matches!(event.by, Carrier::Drone));
    }

    #[apply]
    fn delivered(&mut self, _: &ParcelDelivered) {
        self.delivered = true;
    }

    #[apply]
    fn returned(&mut self, _: &ParcelReturned) {
        self.returned = true;
    }
}

/// Across parcels.
#[projection(key(depot: String))]
#[derive(Default)]
#[serde(default)]
struct Depot {
    parcels: i64,
    returned: u64,
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

    #[apply]
    fn returned(&mut self, _event: &ParcelReturned) {
        self.parcels -= 1;
        self.returned += 1;
    }
}

/// Across parcels, and called `Sender` in build A. Its views are the same ones.
#[projection(key(sender: String), name = "Customer", view = "SENDER")]
#[derive(Default)]
struct Customer {
    parcels: u64,
    grams: u64,
}

#[projection(key(sender))]
impl Customer {
    #[apply]
    fn accepted(&mut self, event: &ParcelAccepted) {
        self.parcels += 1;
        self.grams += event.grams;
    }
}

/// There is none in build A.
#[event_handler(ParcelReturned)]
async fn refund(event: &Recorded<ParcelReturned>, journal: &Journal) -> Result<(), HandlerError> {
    Ok(journal.note("refund", event)?)
}

/// Listens to one event less in build A.
struct Notice {
    journal: Journal,
}

#[event_handler(ParcelAccepted, ParcelDelivered, ParcelReturned)]
impl Notice {
    async fn parcel_accepted(&self, event: &Recorded<ParcelAccepted>) -> Result<(), HandlerError> {
        Ok(self.journal.note("Notice", event)?)
    }

    async fn parcel_delivered(&self, event: &Recorded<ParcelDelivered>) -> Result<(), HandlerError> {
        Ok(self.journal.note("Notice", event)?)
    }

    async fn parcel_returned(&self, event: &Recorded<ParcelReturned>) -> Result<(), HandlerError> {
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

struct BuildB;

impl Build for BuildB {
    const NAME: &'static str = "B";

    fn app(dynamo: &Dynamo, journal: Journal) -> Result<App, Fault> {
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).snapshots(dynamo.snapshots());
        let app = app.settings(cqrs_deployment::settings);
        Ok(app.provide(Notice { journal: journal.clone() }).provide(journal).build()?)
    }

    async fn command(app: &App, parcel: &str, random: &mut fastrand::Rng) -> Result<Done, Fault> {
        let key = ParcelKey::new(&Tenant::new("POST")?, parcel);
        let mut one_of = |names: &[&str]| names[random.usize(..names.len())].to_owned();
        match one_of(&["accept", "accept", "move", "move", "move", "deliver", "return"]).as_str() {
            "accept" => {
                let (sender, depot) = (one_of(&["Ada", "Bob"]), one_of(&["north", "south"]));
                Done::of(app.execute(&key, Accept { sender, depot, grams: random.u64(1..9999) }).await)
            }
            "move" => {
                Done::of(app.execute(&key, Move { to: one_of(&["north", "south", "east", "door"]) }).await)
            }
            "deliver" => Done::of(app.execute(&key, Deliver).await),
            _ => Done::of(app.execute(&key, Return).await),
        }
    }

    async fn replay(app: &App) -> Result<(), Fault> {
        app.replay::<Tracking>().await?;
        app.replay::<Depot>().await?;
        Ok(())
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
        for found in app.views::<Customer>(&tenant).try_collect::<Vec<_>>().await? {
            all[2].insert(found.key.sender().clone(), to_value(&found.view)?);
        }
        let [tracking, depot, sender] = all;
        Ok(json!({ "tracking": tracking, "depot": depot, "sender": sender }))
    }
}

fn main() -> Result<(), Fault> {
    cqrs_deployment::run::<BuildB>()
}
