//! All faults of an app's wiring are reported at once, before the first message. What is linked into this binary is
//! wrong on purpose; right wiring is tested in `delivery`.

use std::panic::AssertUnwindSafe;

use cqrs_core::app::WiringFault;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::WiringProof;
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{BuildError, Location};

#[event]
struct Sent {
    to: String,
}

#[event]
struct Weighed;

#[event(unhandled = "nobody asks")]
struct Sealed;

#[aggregate(entity = "PARCEL")]
#[derive(Default)]
struct Parcel {}

const PARCEL: u32 = line!() + 2;

#[aggregate]
impl Parcel {
    #[apply]
    fn sent(&mut self, _: &Sent) {}

    #[apply]
    fn weighed(&mut self, _: &Weighed) {}

    #[apply]
    fn sealed(&mut self, _: &Sealed) {}
}

#[event_handler(Sealed)]
async fn curious(_: &Sealed) -> Handled {
    Ok(())
}

struct Office;
struct Scales;
struct Stamps;

type Handled = Result<(), HandlerError>;

const OFFICE: u32 = line!() + 2;

#[event_handler(Sent, name = "office")]
impl Office {
    async fn sent(&self, event: &Sent, _: &Scales, _: &Stamps) -> Handled {
        let _ = &event.to;
        Ok(())
    }
}

const FIRST_TWIN: u32 = line!() + 2;

#[event_handler(Sent, name = "twin")]
async fn first(_: &Sent) -> Handled {
    Ok(())
}

const SECOND_TWIN: u32 = line!() + 2;

#[event_handler(Sent, name = "twin")]
async fn second(_: &Sent) -> Handled {
    Ok(())
}

#[projection(Parcel, name = "list", view = "PARCELS")]
#[derive(Default)]
struct List {}

const LIST: u32 = line!() + 2;

#[projection(Parcel)]
impl List {
    #[apply]
    fn sent(&mut self, _: &Sent) {}
}

#[projection(Parcel, name = "map", view = "PARCELS")]
#[derive(Default)]
struct Map {}

#[projection(Parcel)]
impl Map {
    #[apply]
    fn sent(&mut self, _: &Sent) {}
}

fn build(change: impl FnOnce(cqrs_core::app::AppBuilder) -> cqrs_core::app::AppBuilder) -> Vec<WiringFault> {
    match change(App::builder(MemoryEventStore::new())).build() {
        Ok(_) => Vec::new(),
        Err(BuildError { faults }) => faults,
    }
}

fn needed(faults: &[WiringFault]) -> Vec<(&str, &str, Location)> {
    let needs = faults.iter().filter_map(|fault| match fault {
        WiringFault::NotProvided { needed, role, location, .. } => Some((*needed, *role, *location)),
        _ => None,
    });
    needs.collect()
}

#[test]
fn all_faults_are_reported_at_once() {
    let error = App::builder(MemoryEventStore::new()).build().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the app cannot be built:\n  - "), "{text}");
    let file = file!();
    for fault in [
        format!("handler `office` ({file}:{OFFICE}) needs `wiring::Office` to run on"),
        format!("handler `office` ({file}:{OFFICE}) needs `wiring::Scales` as a dependency"),
        format!("handler `office` ({file}:{OFFICE}) needs `wiring::Stamps` as a dependency"),
        format!("two subscribers are called `twin`: {file}:{FIRST_TWIN} and {file}:{SECOND_TWIN}"),
        "both write the view `PARCELS`".to_owned(),
        format!("projection `list` ({file}:{LIST}) has no view store: add `.views(…)`"),
        "projection `map`".to_owned(),
    ] {
        assert!(text.contains(&fault), "`{fault}` is not in:\n{text}");
    }
    assert_eq!(error.faults.len(), 7, "{text}");
}

#[test]
fn what_was_provided_is_no_fault() {
    let faults = build(|app| app.only(["office"]).provide(Office).provide(Scales));
    let location = Location { file: file!(), line: OFFICE };
    assert_eq!(needed(&faults), [("wiring::Stamps", "as a dependency", location)]);
    assert_eq!(faults.len(), 1);
    assert_eq!(build(|app| app.only(["office"]).provide(Office).provide(Scales).provide(Stamps)), []);
}

#[test]
fn views_need_a_store_and_a_name_of_their_own() {
    let faults = build(|app| app.only(["list", "map"]).views(MemoryViewStore::new()));
    assert_eq!(faults, [WiringFault::DuplicateView { view: "PARCELS", first: "list", second: "map" }]);
    let faults = build(|app| app.only(["list"]));
    let location = Location { file: file!(), line: LIST };
    assert_eq!(faults, [WiringFault::NoViewStore { projection: "list", location }]);
    assert_eq!(build(|app| app.only(["map"]).views(MemoryViewStore::new())), []);
}

#[test]
fn two_subscribers_of_one_name_are_a_fault_wherever_they_are_chosen() {
    let at = |line| Location { file: file!(), line };
    let twins =
        WiringFault::DuplicateSubscriber { name: "twin", first: at(FIRST_TWIN), second: at(SECOND_TWIN) };
    assert_eq!(build(|app| app.only(["twin"])), [twins]);
}

#[test]
fn unknown_names_are_told_beside_the_other_faults() {
    let faults = build(|app| app.only(["offices", "office", "twins"]));
    let unknown: Vec<_> =
        faults.iter().filter(|fault| matches!(fault, WiringFault::UnknownSubscriber { .. })).collect();
    let [first, second] = unknown[..] else { panic!("{faults:?}") };
    assert_eq!(
        first.to_string(),
        "no subscriber is called `offices`; there are: curious, list, map, office, twin, twin"
    );
    assert!(second.to_string().contains("`twins`"));
    assert_eq!(needed(&faults).len(), 3);
}

#[test]
fn a_proof_tells_what_build_tells_and_what_no_app_can_know() {
    let proof = WiringProof::new().provides::<Office>().provides::<Scales>().provides::<Stamps>();
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| proof.assert())).unwrap_err();
    let said = panic.downcast_ref::<String>().unwrap();
    let file = file!();
    let wanted = format!(
        "the wiring is not right:
  - two subscribers are called `twin`: {file}:{FIRST_TWIN} and {file}:{SECOND_TWIN}; rename one with `name = \"…\"`
  - projections `list` and `map` both write the view `PARCELS`; rename one with `view = \"…\"`
  - nothing handles `Weighed` of `Parcel` ({file}:{PARCEL}): add a projection or a handler, or say why not with \
         `#[event(unhandled = \"…\")]`
  - `Sealed` of `Parcel` is marked `unhandled = \"nobody asks\"`, and `curious` takes it: take the mark off"
    );
    assert_eq!(*said, wanted);
}

#[test]
fn an_app_without_handlers_or_projections_needs_nothing_that_they_need() {
    let faults = build(cqrs_core::app::AppBuilder::without_handlers);
    assert_eq!(needed(&faults), []);
    // The projections are there, with what is wrong with them.
    let of_projections = |fault: &WiringFault| {
        matches!(fault, WiringFault::DuplicateView { .. } | WiringFault::NoViewStore { .. })
    };
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.iter().all(of_projections), "{faults:?}");

    let faults = build(cqrs_core::app::AppBuilder::without_projections);
    assert_eq!(needed(&faults).len(), 3);
    assert!(!faults.iter().any(of_projections), "{faults:?}");
}

#[test]
fn an_app_of_no_subscribers_needs_nothing() {
    assert_eq!(build(|app| app.only([])), []);
}
