//! Types of `chrono`, `uuid` and `rust_decimal` in every place that a type may have, on the embedded database.

mod queried;
mod stored;
mod told;

use std::collections::BTreeMap;
use std::convert::Infallible;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use rust_decimal::Decimal;
use uuid::Uuid;

#[event]
#[derive(Debug, Clone, PartialEq)]
struct Booked {
    code: Uuid,
    guest: Uuid,
    price: Decimal,
    at: DateTime<Utc>,
    door: NaiveTime,
    arrival: Option<NaiveDateTime>,
    refunds: BTreeMap<NaiveDate, Decimal>,
}

#[command]
#[derive(Debug, Clone, PartialEq)]
struct Book {
    code: Uuid,
    guest: Uuid,
    price: Decimal,
    at: DateTime<Utc>,
    door: NaiveTime,
    arrival: Option<NaiveDateTime>,
    refunds: BTreeMap<NaiveDate, Decimal>,
}

#[aggregate(entity = "STAY", key(hotel: Uuid, night: NaiveDate), snapshot_every = 1, unique(code))]
#[derive(Debug, Default, PartialEq)]
struct Stay {
    code: Option<Uuid>,
    price: Decimal,
    at: DateTime<Utc>,
    door: NaiveTime,
}

#[aggregate]
impl Stay {
    #[command]
    fn book(&self, command: &Book) -> Result<Booked, Infallible> {
        let Book { code, guest, price, at, door, arrival, refunds } = command.clone();
        Ok(Booked { code, guest, price, at, door, arrival, refunds })
    }

    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.code = Some(event.code);
        (self.price, self.at, self.door) = (event.price, event.at, event.door);
    }
}

/// A price that is a key.
#[aggregate(entity = "RATE", key(price: Decimal))]
#[derive(Default)]
struct Rate {
    chosen: u32,
}

#[event]
struct Chosen {}

#[derive(Clone)]
struct Choose;

#[aggregate]
impl Rate {
    #[command]
    fn choose(&self, _: Choose) -> Result<Chosen, Infallible> {
        Ok(Chosen {})
    }

    #[apply]
    fn chosen(&mut self, _: &Chosen) {
        self.chosen += 1;
    }
}

#[projection(
    Stay,
    index(by_price(guest, price)),
    index(by_time(guest, at)),
    index(by_door(guest, door, arrival))
)]
#[derive(Debug, Default, PartialEq)]
struct Line {
    guest: Uuid,
    price: Decimal,
    at: DateTime<Utc>,
    door: NaiveTime,
    arrival: Option<NaiveDateTime>,
}

#[projection(Stay)]
impl Line {
    #[apply]
    fn booked(&mut self, event: &Booked) {
        (self.guest, self.price, self.at) = (event.guest, event.price, event.at);
        (self.door, self.arrival) = (event.door, event.arrival);
    }
}

/// The bookings that were made at one moment.
#[projection(key(guest: Uuid, at: DateTime<Utc>))]
#[derive(Debug, Default)]
struct Moment {
    price: Decimal,
}

#[projection(key(guest, at))]
impl Moment {
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.price += event.price;
    }
}

const HOTEL: Uuid = Uuid::from_u128(0x018f_3c2e_7b4a_7c3d_9e1f_2a5b_6c7d_8e9f);
const GUEST: Uuid = Uuid::from_u128(7);

fn tenant() -> Tenant {
    Tenant::new("CHAIN").unwrap()
}

fn night(text: &str) -> StayKey {
    StayKey::new(&tenant(), HOTEL, text.parse().unwrap())
}

fn book(code: u128, price: &str, at: &str) -> Book {
    Book {
        code: Uuid::from_u128(code),
        guest: GUEST,
        price: price.parse().unwrap(),
        at: at.parse().unwrap(),
        door: "22:30:00.000000001".parse().unwrap(),
        arrival: None,
        refunds: BTreeMap::new(),
    }
}

async fn database() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(&dynamo).build().unwrap();
    (dynamo, app)
}
