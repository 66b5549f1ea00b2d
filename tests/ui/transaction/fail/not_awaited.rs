#![deny(unused_must_use)]

use cqrs_core::prelude::*;
use cqrs_misuse::{OrderKey, ShipOrder};

pub async fn ship(app: &App, first: &OrderKey, second: &OrderKey) {
    let ship = || ShipOrder { tracking: "Z1".into() };
    app.transaction().execute(first, ship()).execute(second, ship());
}

fn main() {}
