//! Release 2: `place` is called `last_seen`, a parcel counts its stops, and a customer pays for each 100 grams that were begun.
//!
//! The program does not say how release 1 stored the views, and no replay is started by hand. The fingerprint that is
//! stored with a view shows that another shape or fold has made it.

use std::error::Error;

use cqrs_core::prelude::*;
use rollout::parcel::{Parcel, ParcelSeen, ParcelSent};
use rollout::release;

/// Where a parcel is, and how far it has come.
#[projection(Parcel)]
#[derive(Debug, Default)]
struct ParcelStatus {
    last_seen: String,
    stops: u32,
}

#[projection(Parcel)]
impl ParcelStatus {
    #[apply]
    fn sent(&mut self, _: &ParcelSent) {
        self.last_seen = "counter".to_owned();
    }

    #[apply]
    fn seen(&mut self, event: &ParcelSeen) {
        self.last_seen.clone_from(&event.place);
        self.stops += 1;
    }
}

/// What a customer has sent, by the weight that is paid for.
#[projection(key(customer_id: String))]
#[derive(Debug, Default)]
struct CustomerTotals {
    parcels: u64,
    grams: u64,
}

#[projection(key(customer_id))]
impl CustomerTotals {
    #[apply]
    fn sent(&mut self, event: &ParcelSent) {
        self.parcels += 1;
        self.grams += event.grams.next_multiple_of(100);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    release::run::<ParcelStatus, CustomerTotals>("release 2").await
}
