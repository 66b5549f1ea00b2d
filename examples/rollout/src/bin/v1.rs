//! Release 1.

use std::error::Error;

use cqrs_core::prelude::*;
use rollout::parcel::{Parcel, ParcelSeen, ParcelSent};
use rollout::release;

/// Where a parcel is.
#[projection(Parcel)]
#[derive(Debug, Default)]
struct ParcelStatus {
    place: String,
}

#[projection(Parcel)]
impl ParcelStatus {
    #[apply]
    fn sent(&mut self, _: &ParcelSent) {
        self.place = "counter".to_owned();
    }

    #[apply]
    fn seen(&mut self, event: &ParcelSeen) {
        self.place.clone_from(&event.place);
    }
}

/// What a customer has sent, by its weight.
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
        self.grams += event.grams;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    release::run::<ParcelStatus, CustomerTotals>("release 1").await
}
