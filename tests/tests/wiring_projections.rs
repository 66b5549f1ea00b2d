//! Projections alone, in a crate that has no aggregate and no handler: they too show that their crate is linked.

use cqrs_core::app::WiringFault;
use cqrs_core::prelude::*;
use cqrs_core::testing::WiringProof;
use cqrs_tests::bank::{Account, Opened};

#[projection(Account)]
#[derive(Default)]
struct Owner {
    name: String,
}

#[projection(Account)]
impl Owner {
    #[apply]
    fn opened(&mut self, event: &Opened) {
        self.name.clone_from(&event.owner);
    }
}

#[test]
fn projections_tell_that_their_crate_is_linked() {
    let faults = WiringProof::new().links("wiring_projections").links("billing").faults();
    let linked: Vec<&str> = faults
        .iter()
        .filter_map(|fault| match fault {
            WiringFault::NotLinked { linked, .. } => Some(linked.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(linked, ["cqrs_tests`, `wiring_projections"]);
}
