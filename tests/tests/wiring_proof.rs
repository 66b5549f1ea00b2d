//! A program whose wiring is right: proven by the root list at compile time, and by a test of one line.

use cqrs_core::app::WiringFault;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::WiringProof;
use cqrs_core::view::MemoryViewStore;
use cqrs_tests::bank::{Account, Opened, Statement, Wealth};

struct Mailer;

/// Handlers of every form, some of them private to this crate.
mod desk {
    use super::{HandlerError, Mailer, Opened};
    use cqrs_core::prelude::*;

    pub(crate) struct Clerk;

    #[event_handler(Opened, name = "clerk")]
    impl Clerk {
        async fn opened(&self, _: &Opened, _: &Mailer) -> Result<(), HandlerError> {
            Ok(())
        }
    }

    #[event_handler(Opened)]
    pub(crate) async fn greet(_: &Recorded<Opened>, _: &App, _: &Mailer) -> Result<(), HandlerError> {
        Ok(())
    }
}

#[event]
struct Counted;

#[event(unhandled = "auditors read the stream itself")]
struct Audited;

#[aggregate(entity = "TILL")]
#[derive(Default)]
struct Till {}

#[aggregate]
impl Till {
    #[apply]
    fn counted(&mut self, _: &Counted) {}

    #[apply]
    fn audited(&mut self, _: &Audited) {}
}

#[event_handler(Counted, name = "count")]
async fn count_on(_: &Counted) -> Result<(), HandlerError> {
    Ok(())
}

cqrs_core::app! {
    aggregates: [Account, Till],
    projections: [Statement, Wealth],
    handlers: [desk::Clerk, desk::greet, count_on],
    provides: [desk::Clerk, Mailer],
}

cqrs_core::testing::wiring!(provides: [desk::Clerk, Mailer], crates: [cqrs_tests, wiring_proof]);

/// The same with the values themselves.
mod with_values {
    use super::*;

    fn builder() -> cqrs_core::app::AppBuilder {
        App::builder(MemoryEventStore::new())
            .views(MemoryViewStore::new())
            .provide(desk::Clerk)
            .provide(Mailer)
    }

    cqrs_core::testing::wiring!(builder());
}

/// And of everything that needs nothing.
mod of_the_needless {
    use super::*;

    cqrs_core::testing::wiring!(
        App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).only(["count", "Statement"])
    );
}

#[test]
fn types_take_the_place_of_values() {
    let faults = WiringProof::new().provides::<Mailer>().faults();
    let [WiringFault::NotProvided { handler: "clerk", needed, .. }] = faults[..] else {
        panic!("{faults:?}")
    };
    assert_eq!(needed, "wiring_proof::desk::Clerk");
    assert_eq!(WiringProof::new().faults().len(), 3);
}

#[test]
fn a_crate_that_is_not_linked_is_reported() {
    let proof = WiringProof::new().provides::<Mailer>().provides::<desk::Clerk>();
    let faults = proof.links("cqrs-tests").links("billing").faults();
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    let wanted = "nothing of crate `billing` is linked: write `use billing as _;` where the program begins; linked are \
                  `cqrs_tests`, `wiring_proof`";
    assert_eq!(fault.to_string(), wanted);
}

#[test]
fn what_a_list_leaves_out_is_reported() {
    let proof = WiringProof::new().provides::<Mailer>().provides::<desk::Clerk>();
    let faults = proof.lists(&["Account"], &["Statement", "Wealth"], &["greet", "clerk"]).faults();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let [till, count] = &told[..] else { panic!("{told:?}") };
    assert!(till.starts_with("aggregate `Till` (tests/tests/wiring_proof.rs:"), "{till}");
    assert!(till.ends_with(") is linked, and `app!` does not list it"), "{till}");
    assert!(count.starts_with("handler `count` (tests/tests/wiring_proof.rs:"), "{count}");
}
