//! What is committed can be read, and every process folds what it reads.

use std::collections::BTreeMap;

use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{ExecuteError, Json, StoreError};
use cqrs_dynamo::Dynamo;
use cqrs_tests::faults::{Call, Fault, Faults, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde", untagged)]
enum Reading {
    Count(u64),
    Level(f64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
struct Cached {
    kept: u32,
    #[serde(skip)]
    seen: u32,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    nested: Option<Option<u32>>,
    unit: Option<()>,
    number: Option<f64>,
    zero: f64,
    reading: Reading,
    cached: Cached,
    free: Json,
    map: BTreeMap<u32, f64>,
}

#[event]
#[derive(Debug, Clone, PartialEq)]
struct Plain {
    name: String,
    count: Option<u64>,
}

#[event]
struct Exploded;

#[derive(Clone, Debug)]
struct Measure(Measured);

#[derive(Clone, Debug)]
struct Name(Plain);

#[derive(Clone, Debug)]
struct Explode {
    first: bool,
}

/// The state is all that was told, as text.
#[aggregate(entity = "PROBE")]
#[derive(Debug, Clone, Default, PartialEq)]
struct Probe {
    told: Vec<String>,
}

#[aggregate]
impl Probe {
    #[command]
    fn measure(&self, command: Measure) -> Result<Measured, String> {
        Ok(command.0)
    }

    #[command]
    fn name(&self, command: Name) -> Result<Plain, String> {
        Ok(command.0)
    }

    #[command]
    fn explode(&self, command: Explode) -> Result<Vec<ProbeEvent>, String> {
        let plain = Plain { name: "before".into(), count: None };
        let mut events = vec![Exploded.into()];
        if !command.first {
            events.insert(0, plain.into());
        }
        Ok(events)
    }

    #[command]
    fn remember(&self, _: Remember) -> Result<(), String> {
        Err(format!("{:?}", self.told))
    }

    #[apply]
    fn measured(&mut self, event: &Measured) {
        let Measured { nested, unit, number, zero, reading, cached, free, map } = event;
        let bits = (number.map(f64::to_bits), zero.to_bits());
        self.told.push(format!("{nested:?} {unit:?} {bits:?} {reading:?} {cached:?} {free:?} {map:?}"));
    }

    #[apply]
    fn named(&mut self, event: &Plain) {
        self.told.push(format!("{event:?}"));
    }

    #[apply]
    fn exploded(&mut self, _: &Exploded) {
        panic!("the fuse is lit");
    }
}

fn plain() -> Measured {
    Measured {
        nested: None,
        unit: None,
        number: Some(1.5),
        zero: 0.25,
        reading: Reading::Count(2),
        cached: Cached { kept: 1, seen: 0 },
        free: Json::Null,
        map: BTreeMap::new(),
    }
}

fn samples() -> Vec<Measured> {
    vec![
        plain(),
        Measured { nested: Some(None), ..plain() },
        Measured { unit: Some(()), ..plain() },
        Measured { number: Some(f64::INFINITY), ..plain() },
        Measured { zero: -0.0, ..plain() },
        Measured { zero: 3.0, number: Some(-7.0), ..plain() },
        Measured { reading: Reading::Level(2.0), ..plain() },
        Measured { cached: Cached { kept: 1, seen: 9 }, ..plain() },
        Measured { free: serde_json::json!({ "a": [1.0, -0.0, 1e20, 1e19] }), ..plain() },
        Measured { map: BTreeMap::from([(7, -0.0), (8, 2.0)]), ..plain() },
    ]
}

fn key() -> ProbeKey {
    ProbeKey::new(&Tenant::new("T").unwrap(), "1")
}

#[tokio::test]
async fn every_process_has_the_state_of_the_one_that_decided() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    for embedded in [false, true] {
        for (number, sample) in samples().into_iter().enumerate() {
            let store = MemoryEventStore::new();
            let app = || match embedded {
                true => App::builder(dynamo.event_store()).only([]).build().unwrap(),
                false => App::builder(store.clone()).only([]).build().unwrap(),
            };
            let key = ProbeKey::new(&Tenant::new("T").unwrap(), number.to_string());
            let (decider, other) = (app(), app());
            let done = decider.execute(&key, Measure(sample.clone())).await.unwrap();
            decider.execute(&key, Name(Plain { name: "n".into(), count: Some(1) })).await.unwrap();
            let seen = other.load(&key).await.unwrap();
            // The decider's memory shows in its decisions.
            let warm = decider.load(&key).await.unwrap();
            assert_eq!(warm, seen, "{sample:?}");
            let mut folded = Probe::default();
            let ProbeEvent::Measured(event) = &done.events[0] else { panic!() };
            folded.measured(event);
            assert_eq!(folded.told[0], seen.state.told[0], "the answer is what is stored: {sample:?}");
        }
    }
}

/// The state that a process keeps in memory, as the next decision meets it.
#[tokio::test]
async fn what_is_kept_in_memory_is_the_fold_of_what_is_stored() {
    for sample in samples() {
        let store = MemoryEventStore::new();
        let app = || App::builder(store.clone()).only([]).build().unwrap();
        let (decider, other) = (app(), app());
        let tell = Remember;
        decider.execute(&key(), Measure(sample.clone())).await.unwrap();
        let warm = decider.execute(&key(), tell.clone()).await.unwrap_err();
        let cold = other.execute(&key(), tell).await.unwrap_err();
        let (ExecuteError::Rejected(warm), ExecuteError::Rejected(cold)) = (warm, cold) else { panic!() };
        assert_eq!(warm, cold, "{sample:?}");
    }
}

#[derive(Clone, Debug)]
struct Remember;

#[tokio::test]
async fn what_cannot_be_folded_is_not_stored() {
    let (database, _) = database().await;
    let faults = Faults::new(&database, |_: &Call| Fault::None);
    let dynamo = faults.dynamo();
    let app = App::builder(dynamo.event_store()).only([]).build().unwrap();
    app.execute(&key(), Name(Plain { name: "n".into(), count: None })).await.unwrap();
    for first in [true, false] {
        let error = app.execute(&key(), Explode { first }).await.unwrap_err();
        let ExecuteError::Store { source: StoreError::Encode(refused), .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(refused.name, "Exploded");
        assert!(refused.reason.contains("panics when it is folded: the fuse is lit"), "{}", refused.reason);
    }
    let loaded = app.load(&key()).await.unwrap();
    assert_eq!((loaded.version.get(), loaded.state.told.len()), (1, 1), "nothing of it is left");
    app.execute(&key(), Name(Plain { name: "m".into(), count: None })).await.unwrap();
    assert_eq!(app.load(&key()).await.unwrap().state.told.len(), 2);
}

#[tokio::test]
async fn a_number_that_is_none_is_refused_before_it_is_stored() {
    let store = MemoryEventStore::new();
    let app = App::builder(store).only([]).build().unwrap();
    for zero in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = app.execute(&key(), Measure(Measured { zero, ..plain() })).await.unwrap_err();
        assert!(matches!(error, ExecuteError::Store { source: StoreError::Encode(_), .. }), "{error:?}");
    }
    assert_eq!(app.load(&key()).await.unwrap().version, Version::NONE);
}

#[projection(Probe)]
#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: f64,
    mean: f64,
    parts: Vec<Option<f64>>,
}

#[projection(Probe)]
impl Mean {
    #[apply]
    fn measured(&mut self, event: &Measured) {
        self.sum += event.zero;
        self.count += 1.0;
        self.mean = self.sum / (self.count - 1.0);
        self.parts.push(event.number);
    }
}

#[tokio::test]
async fn a_view_that_could_never_be_read_is_not_written() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Mean"]).build().unwrap();
    app.execute(&key(), Measure(plain())).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    assert_eq!(letters.len(), 1);
    let reason = &letters[0].reason;
    assert!(reason.contains("view `Mean`") && reason.contains("`mean` is NaN or infinite"), "{reason}");
    assert!(app.view::<Mean>(&key()).await.unwrap().is_none());
    // A repaired projection would take it now; this one can go on without it.
    app.dead_letters().discard(&letters[0].id, "it divides by zero").await.unwrap();
    app.execute(&key(), Measure(plain())).await.unwrap();
    app.run_until_idle().await.unwrap();
}

#[projection(Probe)]
#[derive(Debug, Default, PartialEq)]
struct Latest {
    zero: f64,
    free: Json,
}

#[projection(Probe)]
impl Latest {
    #[apply]
    fn measured(&mut self, event: &Measured) {
        self.zero = -event.zero;
        self.free = event.free.clone();
    }
}

#[tokio::test]
async fn views_are_alike_in_every_store() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let memory = MemoryEventStore::new();
    let views = MemoryViewStore::new();
    let apps = [
        App::builder(dynamo.event_store()).views(dynamo.views()).only(["Latest"]).build().unwrap(),
        App::builder(memory).views(views).only(["Latest"]).build().unwrap(),
    ];
    for (number, sample) in samples().into_iter().enumerate() {
        let key = ProbeKey::new(&Tenant::new("T").unwrap(), number.to_string());
        let mut seen = Vec::new();
        for app in &apps {
            app.execute(&key, Measure(Measured { zero: 0.0, ..sample.clone() })).await.unwrap();
            app.run_until_idle().await.unwrap();
            let view = app.view::<Latest>(&key).await.unwrap().unwrap();
            seen.push(format!("{:?} {:?}", view.zero.to_bits(), view.free));
        }
        assert_eq!(seen[0], seen[1], "{sample:?}");
    }
}
