use cqrs_core::prelude::*;
use cqrs_misuse::{OrderError, OrderKey, ShipOrder};

pub async fn ship(app: &App, first: &OrderKey, second: &OrderKey) -> Result<(), OrderError> {
    let ship = || ShipOrder { tracking: "Z1".into() };
    app.transaction().execute(first, ship()).execute(second, ship()).await?;
    Ok(())
}

fn main() {}
