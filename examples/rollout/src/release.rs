//! A day of a release: it continues from the state that the earlier one has left, and prints what it reads.

use std::env;
use std::error::Error;
use std::fmt::Debug;

use cqrs_core::Projection;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

use crate::parcel::{ParcelKey, See, Send};

/// Who sends all the parcels.
const CUSTOMER: &str = "CUST-001";

/// Runs a release on the file that the command line names: hands one more parcel in, notes where the last one was seen,
/// delivers these events, and prints all views.
///
/// # Errors
/// Any error.
pub async fn run<Status, Totals>(name: &str) -> Result<(), Box<dyn Error>>
where
    Status: Projection<Key = ParcelKey> + Debug,
    Totals: Projection + Debug,
{
    let file = env::args().nth(1).unwrap_or_else(|| "rollout.db".to_owned());
    let app = App::builder(Dynamo::embedded(&file).await?).build()?;
    let tenant = Tenant::new("POST")?;
    let parcel = |number: u64| ParcelKey::new(&tenant, format!("P-{number}"));

    let mut number = 1;
    while !app.load(&parcel(number)).await?.version.is_none() {
        number += 1;
    }
    if number > 1 {
        app.execute(&parcel(number - 1), See { place: format!("depot {number}") }).await?;
    }
    app.execute(&parcel(number), Send { customer_id: CUSTOMER.to_owned(), grams: 250 }).await?;
    app.run_until_idle().await?;

    println!("{name}, on {file}");
    let mut parcels = app.views::<Status>(&tenant);
    while let Some(found) = parcels.try_next().await? {
        println!("  {}: {:?}", found.key.id(), found.view);
    }
    let mut customers = app.views::<Totals>(&tenant);
    while let Some(found) = customers.try_next().await? {
        println!("  {CUSTOMER}: {:?}", found.view);
    }
    Ok(())
}
