//! Aggregates that conflict. They are checked whichever subscribers an app has, so they have their own binary.

use cqrs_core::EventId;
use cqrs_core::app::WiringFault;
use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::WiringProof;

#[event(name = "Sent")]
struct ParcelSent;

#[event(name = "Sent")]
struct LetterSent;

#[event]
struct Lost;

#[aggregate(entity = "POST", snapshot_every = 10)]
#[derive(Default)]
struct Letter {}

#[aggregate]
impl Letter {
    #[apply]
    fn sent(&mut self, _: &LetterSent) {}

    #[apply]
    fn lost(&mut self, _: &Lost) {}
}

#[aggregate(entity = "POST")]
#[derive(Default)]
struct Parcel {}

#[aggregate]
impl Parcel {
    #[apply]
    fn sent(&mut self, _: &ParcelSent) {}
}

#[test]
fn one_entity_and_one_event_name_for_two_aggregates_and_snapshots_without_a_store_are_faults() {
    let error = App::builder(MemoryEventStore::new()).only([]).build().unwrap_err();
    let entity = WiringFault::DuplicateEntity { entity: "POST", first: "Letter", second: "Parcel" };
    let event = EventId { name: "Sent", schema: 1, aliases: &[] };
    let event = WiringFault::DuplicateEvent { name: event.name, event, first: "Letter", second: "Parcel" };
    assert_eq!(error.faults[..2], [entity, event]);
    assert!(matches!(error.faults[2..], [WiringFault::NoSnapshotStore { aggregate: "Letter", .. }]));
    let text = error.to_string();
    assert!(text.contains("aggregates `Letter` and `Parcel` are both stored as entity `POST`"), "{text}");
    assert!(text.contains("both apply an event stored as `Sent`: Sent (schema 1)"), "{text}");
    let told = "has `snapshot_every`, and the app has no snapshot store: add `.snapshots(…)`";
    assert!(
        text.contains("  - `Letter` (tests/tests/wiring_aggregates.rs:") && text.contains(told),
        "{text}"
    );

    let app = App::builder(MemoryEventStore::new()).snapshots(MemorySnapshotStore::new()).only([]);
    assert_eq!(app.build().unwrap_err().faults.len(), 2);
}

#[test]
fn aggregates_tell_that_their_crate_is_linked() {
    let faults = WiringProof::new().links("wiring_aggregates").links("billing").faults();
    let linked: Vec<&str> = faults
        .iter()
        .filter_map(|fault| match fault {
            WiringFault::NotLinked { linked, .. } => Some(linked.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(linked, ["wiring_aggregates"]);
}
