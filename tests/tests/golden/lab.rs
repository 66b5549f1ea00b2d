//! A domain with the shapes that events have, as it was when the golden items were written. It must not change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::Json;
use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_dynamo::Dynamo;
use futures_util::TryStreamExt;
use serde_json::json;

#[event(name = "Sampled")]
pub(crate) struct SampledV1 {
    pub(crate) lab: String,
}

/// The second schema of it.
#[event(schema = 2, from = SampledV1)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sampled {
    pub(crate) lab: String,
    pub(crate) batch: Option<u32>,
}

impl From<SampledV1> for Sampled {
    fn from(old: SampledV1) -> Self {
        Self { lab: old.lab, batch: None }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", untagged)]
pub(crate) enum Reading {
    Count(u64),
    Level(f64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", tag = "kind", rename_all = "snake_case")]
pub(crate) enum Origin {
    Field { north: f64, east: f64 },
    Shelf { row: char },
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", tag = "kind", content = "of")]
pub(crate) enum Unit {
    Plain,
    Named(String),
    Ratio(u8, u8),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
pub(crate) struct Person {
    pub(crate) by: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) with: Vec<String>,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) lab: String,
    pub(crate) least: i64,
    pub(crate) most: u64,
    pub(crate) level: f64,
    pub(crate) single: f32,
    pub(crate) perhaps: Option<f64>,
    pub(crate) nested: Option<Option<u32>>,
    pub(crate) unit: Option<()>,
    pub(crate) pair: (bool, char),
    pub(crate) bytes: Vec<u8>,
    pub(crate) by_number: BTreeMap<i32, f64>,
    pub(crate) by_text: BTreeMap<String, Vec<Option<String>>>,
    pub(crate) reading: Reading,
    pub(crate) origin: Origin,
    pub(crate) scale: Unit,
    #[serde(flatten)]
    pub(crate) person: Person,
    #[serde(rename = "remark", alias = "comment")]
    pub(crate) note: String,
    pub(crate) free: Json,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Closed;

#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) lab: String,
    pub(crate) batch: Option<u32>,
}

#[derive(Debug, Clone)]
pub(crate) struct Measure(pub(crate) Vec<Measured>);

#[derive(Debug, Clone)]
pub(crate) struct Close;

/// What the fold has received, as text, and some of it as it is.
#[aggregate(entity = "SAMPLE", snapshot_every = 3)]
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Specimen {
    pub(crate) lab: String,
    pub(crate) told: Vec<String>,
    pub(crate) sum: f64,
    pub(crate) by_number: BTreeMap<i32, f64>,
    pub(crate) last: Option<u64>,
}

#[aggregate]
impl Specimen {
    #[command]
    fn sample(&self, command: Sample) -> Result<Sampled, String> {
        let Sample { lab, batch } = command;
        Ok(Sampled { lab, batch })
    }

    #[command]
    fn measure(&self, command: Measure) -> Result<Vec<Measured>, String> {
        Ok(command.0)
    }

    #[command]
    fn close(&self, _: Close) -> Result<Closed, String> {
        Ok(Closed)
    }

    #[apply]
    fn sampled(&mut self, event: &Sampled) {
        self.lab.clone_from(&event.lab);
        self.told.push(format!("{event:?}"));
    }

    #[apply]
    fn measured(&mut self, event: &Measured) {
        self.sum += event.level;
        self.by_number.extend(&event.by_number);
        self.last = Some(event.most);
        self.told.push(format!("{event:?}"));
    }

    #[apply]
    fn closed(&mut self, _: &Closed) {
        self.told.push("closed".to_owned());
    }
}

/// At its aggregate's key.
#[projection(Specimen)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) levels: Vec<f64>,
    pub(crate) readings: Vec<String>,
    pub(crate) closed: bool,
}

#[projection(Specimen)]
impl Sheet {
    #[apply]
    fn measured(&mut self, event: &Measured) {
        self.levels.push(event.level);
        self.readings.push(format!("{:?}", event.reading));
    }

    #[apply]
    fn closed(&mut self, _: &Closed) {
        self.closed = true;
    }
}

/// Across aggregates.
#[projection(key(lab: String))]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Laboratory {
    pub(crate) samples: u64,
    pub(crate) measured: u64,
}

#[projection(key(lab))]
impl Laboratory {
    #[apply]
    fn sampled(&mut self, _: &Sampled) {
        self.samples += 1;
    }

    #[apply]
    fn measured(&mut self, _: &Measured) {
        self.measured += 1;
    }
}

/// What the handler has done.
pub(crate) type Calls = Arc<Mutex<Vec<String>>>;

/// It refuses the batches of 13.
#[event_handler(Sampled, once, name = "label")]
pub(crate) async fn label(event: &Recorded<Sampled>, calls: &Calls) -> Result<(), HandlerError> {
    if event.batch == Some(13) && !calls.lock().unwrap().contains(&"repaired".to_owned()) {
        return Err(HandlerError::permanent("no such batch"));
    }
    calls.lock().unwrap().push(format!("{}@{}", event.stream().sk(), event.version()));
    Ok(())
}

pub(crate) const ALL: [&str; 3] = ["Sheet", "Laboratory", "label"];

/// Without `snapshots` it finds none.
pub(crate) fn app(dynamo: &Dynamo, calls: &Calls, snapshots: bool) -> App {
    let builder = App::builder(dynamo.event_store())
        .views(dynamo.views())
        .provide(Arc::clone(calls))
        .settings(|settings| settings.delivery = RetryPolicy { base: Duration::ZERO, ..settings.delivery })
        .only(ALL);
    let builder = match snapshots {
        true => builder.snapshots(dynamo.snapshots()),
        false => builder.snapshots(MemorySnapshotStore::new()),
    };
    builder.build().unwrap()
}

pub(crate) fn key(id: &str) -> SpecimenKey {
    SpecimenKey::new(&Tenant::new("LAB").unwrap(), id)
}

pub(crate) fn laboratory(lab: &str) -> LaboratoryKey {
    LaboratoryKey::new(&Tenant::new("LAB").unwrap(), lab)
}

/// What a stream and its view hold, as text.
pub(crate) async fn told(app: &App, id: &str) -> Json {
    let key = key(id);
    let loaded = app.load(&key).await.unwrap();
    let history: Vec<_> = app.history(&key).try_collect().await.unwrap();
    let event = |recorded: &Recorded<SpecimenEvent>| {
        json!({
            "version": recorded.version(),
            "index": recorded.index(),
            "event": format!("{:?}", **recorded),
            "metadata": recorded.metadata(),
        })
    };
    json!({
        "version": loaded.version,
        "state": format!("{:?}", loaded.state),
        "events": history.iter().map(event).collect::<Vec<_>>(),
        "sheet": format!("{:?}", app.view::<Sheet>(&key).await.unwrap()),
    })
}
