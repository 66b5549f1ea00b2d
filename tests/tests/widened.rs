//! Events of a schema that was widened: those of before are read, and those that are wider than this program knows wait for a newer
//! one.

use std::sync::{Arc, Mutex};

use cqrs_core::commit::StoredEvent;
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use cqrs_core::{EventStore, ExecuteError, StoreError};
use cqrs_dynamo::Dynamo;
use cqrs_tests::commits;
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
#[serde(crate = "cqrs_core::serde")]
enum Carrier {
    Van,
    /// Since the first widening.
    Drone {
        range: u64,
    },
}

/// A later program has widened it once more.
#[event(widened = 1)]
#[derive(Debug, Clone, PartialEq)]
struct CrateSent {
    by: Carrier,
    /// Since the first widening.
    fragile: Option<bool>,
}

/// The same event after a new schema.
#[event(name = "CrateWeighed", widened = 1)]
struct CrateWeighedV1 {
    pounds: u64,
    #[serde(default)]
    ounces: u64,
}

#[event(schema = 2, from = CrateWeighedV1)]
#[derive(Debug, Clone, PartialEq)]
struct CrateWeighed {
    ounces: u64,
}

impl From<CrateWeighedV1> for CrateWeighed {
    fn from(old: CrateWeighedV1) -> Self {
        Self { ounces: old.pounds * 16 + old.ounces }
    }
}

#[derive(Clone)]
struct Dispatch;

#[aggregate(entity = "CRATE")]
#[derive(Debug, Default)]
struct Crate {
    sent: Vec<(Carrier, Option<bool>)>,
    ounces: u64,
}

#[aggregate]
impl Crate {
    #[command]
    fn dispatch(&self, _: Dispatch) -> Result<CrateSent, std::convert::Infallible> {
        Ok(CrateSent { by: Carrier::Drone { range: self.ounces }, fragile: None })
    }

    #[apply]
    fn sent(&mut self, event: &CrateSent) {
        self.sent.push((event.by.clone(), event.fragile));
    }

    #[apply]
    fn weighed(&mut self, event: &CrateWeighed) {
        self.ounces = event.ounces;
    }
}

#[projection(Crate)]
#[derive(Debug, Default, PartialEq)]
struct Journeys {
    number: u64,
}

#[projection(Crate)]
impl Journeys {
    #[apply]
    fn sent(&mut self, _: &CrateSent) {
        self.number += 1;
    }
}

#[derive(Default)]
struct Loaded(Arc<Mutex<Vec<CrateSent>>>);

#[event_handler(CrateSent)]
async fn load(event: &CrateSent, loaded: &Loaded) -> Result<(), HandlerError> {
    loaded.0.lock().unwrap().push(event.clone());
    Ok(())
}

struct Depot {
    app: App,
    dynamo: Dynamo,
    loaded: Arc<Mutex<Vec<CrateSent>>>,
}

impl Depot {
    async fn open() -> Self {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let loaded = Loaded::default();
        let seen = Arc::clone(&loaded.0);
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).provide(loaded);
        Self { app: app.build().unwrap(), dynamo, loaded: seen }
    }

    /// Stores a commit, as another program did.
    async fn store(&self, version: u64, event: StoredEvent) {
        let mut commit = commits::commit(&key().stream().unwrap(), version, Value::Null);
        commit.events = vec![event];
        commits::append(&self.dynamo.event_store(), &commit).await.unwrap();
    }
}

fn key() -> CrateKey {
    CrateKey::new(&Tenant::new("SHOP").unwrap(), "1")
}

fn of_before() -> StoredEvent {
    StoredEvent::new("CrateSent", 1, json!({ "by": "Van" }))
}

/// What serde would read: it would pass over `insured`.
fn of_a_newer_program() -> StoredEvent {
    StoredEvent::new("CrateSent", 1, json!({ "by": "Van", "fragile": true, "insured": true })).widened(2)
}

const SAID: &str = "`CrateSent` (schema 1.2) cannot be decoded: this program knows it up to schema 1.1; a newer program may have stored it";

#[tokio::test]
async fn events_of_before_a_widening_are_read_and_those_of_today_say_how_wide_they_are() {
    let depot = Depot::open().await;
    depot.store(1, of_before()).await;
    depot.store(2, StoredEvent::new("CrateWeighed", 1, json!({ "pounds": 2 }))).await;
    depot.store(3, StoredEvent::new("CrateWeighed", 1, json!({ "pounds": 2, "ounces": 3 })).widened(1)).await;
    let done = depot.app.execute(&key(), Dispatch).await.unwrap();
    assert_eq!(done.version, Version::new(4));
    let state = depot.app.load(&key()).await.unwrap().state;
    assert_eq!(state.sent, [(Carrier::Van, None), (Carrier::Drone { range: 35 }, None)]);

    let page = depot.dynamo.event_store().read(&key().stream().unwrap(), Version::NONE, Version::MAX).await;
    let widened: Vec<u32> = page.unwrap().commits.iter().map(|commit| commit.events[0].widened).collect();
    assert_eq!(widened, [0, 0, 1, 1]);

    depot.app.run_until_idle().await.unwrap();
    assert_eq!(depot.app.view::<Journeys>(&key()).await.unwrap(), Some(Journeys { number: 2 }));
    assert_eq!(depot.loaded.lock().unwrap().len(), 2);
    assert!(depot.app.dead_letters().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_command_is_not_decided_on_an_event_that_is_wider_than_the_program_knows() {
    let depot = Depot::open().await;
    depot.store(1, of_a_newer_program()).await;
    let error = depot.app.execute(&key(), Dispatch).await.unwrap_err();
    let ExecuteError::Store { source: StoreError::Decode(decode), .. } = &error else { panic!("{error}") };
    assert!(decode.is_newer() && decode.to_string().ends_with(SAID), "{decode}");
    assert_eq!((decode.schema, decode.widened), (1, 2));
    assert!(depot.app.load(&key()).await.is_err());
    let page = depot.dynamo.event_store().read(&key().stream().unwrap(), Version::NONE, Version::MAX).await;
    assert_eq!(page.unwrap().commits.len(), 1);
}

#[tokio::test]
async fn a_queue_keeps_an_event_that_is_wider_than_the_program_knows() {
    let depot = Depot::open().await;
    for (version, event) in [(1, of_before()), (2, of_a_newer_program()), (3, of_before())] {
        depot.store(version, event).await;
    }
    let stream = key().stream().unwrap();
    let page = depot.dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap();
    for queue in ["Journeys", "load"] {
        let message = |commit| Message::of(&depot.app, commit).body;
        let received = |commit| Received::new(message(commit)).with_sent_at(Timestamp::now());
        let batch: Vec<Received> = page.commits.iter().map(received).collect();
        let verdicts = depot.app.consumer(queue).unwrap().take(&batch).await;
        let [Verdict::Done, Verdict::Wait { reason, .. }, Verdict::Wait { .. }] = &verdicts[..] else {
            panic!("{verdicts:?}")
        };
        assert!(reason.contains(SAID), "{reason}");
    }
    assert_eq!(depot.app.view::<Journeys>(&key()).await.unwrap(), Some(Journeys { number: 1 }));
    assert_eq!(depot.loaded.lock().unwrap().len(), 1);
    assert!(depot.app.dead_letters().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_process_keeps_it_for_the_newer_program_with_all_that_is_behind_it() {
    let depot = Depot::open().await;
    depot.store(1, of_a_newer_program()).await;
    depot.store(2, of_before()).await;
    depot.app.run_until_idle().await.unwrap();
    let letters = depot.app.dead_letters().of("load").await.unwrap();
    assert_eq!(letters.len(), 2);
    assert!(letters[0].is_newer() && letters[0].reason.contains(SAID), "{}", letters[0].reason);
    assert_eq!(letters[0].record["widened"], 2);
    assert_eq!(letters[0].record["data"]["insured"], true);
    assert!(depot.loaded.lock().unwrap().is_empty());
    assert_eq!(depot.app.view::<Journeys>(&key()).await.unwrap(), None);
}

/// So is one that a chain leads to: schema 1 as wide as no struct of this program.
#[tokio::test]
async fn a_wider_event_of_an_earlier_schema_waits_as_well() {
    let depot = Depot::open().await;
    let data = json!({ "pounds": 2, "ounces": 3, "grains": 4 });
    depot.store(1, StoredEvent::new("CrateWeighed", 1, data).widened(2)).await;
    let error = depot.app.load(&key()).await.unwrap_err();
    let StoreError::Decode(decode) = &error else { panic!("{error}") };
    assert!(decode.is_newer(), "{decode}");
    assert!(decode.reason.starts_with("this program knows it up to schema 1.1;"), "{decode}");
}

#[tokio::test]
async fn a_number_that_counts_nothing_is_corrupt_and_not_passed_over() {
    let depot = Depot::open().await;
    depot.store(1, of_before()).await;
    let page = depot.dynamo.event_store().read(&key().stream().unwrap(), Version::NONE, Version::MAX).await;
    let mut record = cqrs_core::store::record::encode(&page.unwrap().commits[0]);
    assert!(!record.contains_key("widened"));
    record.insert("widened".to_owned(), json!("once"));
    let error = cqrs_core::store::record::decode(record).unwrap_err();
    assert_eq!(error.reason, "`widened` is \"once\", and counts how often the schema was widened");
}
