//! The first forty orders of Microsoft's Northwind sample, as if they were placed in these weeks. The file of all orders is not in
//! the repository.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::Clock;
use cqrs_core::view::MemoryViewStore;
use serde::Deserialize;

use crate::order::{Line, OrderKey, PlaceOrder, ShipOrder};
use crate::product::{ListProduct, ProductKey};
use crate::shipping::Bank;

/// One line of the file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "command")]
enum Command {
    #[serde(rename_all = "camelCase")]
    Create { order_id: String, at: String, by: String, customer_id: String, items: Vec<Item> },
    #[serde(rename_all = "camelCase")]
    Ship { order_id: String, at: String, carrier: String, city: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product_id: String,
    quantity: u64,
    unit_price_cents: u64,
}

/// An order of the sample.
struct Placed {
    number: String,
    customer: String,
    employee: String,
    placed: String,
    lines: Vec<Line>,
    shipped: Option<Shipped>,
}

struct Shipped {
    on: String,
    shipper: String,
    city: String,
}

/// How many orders are taken from the sample.
const ORDERS: usize = 40;

/// What has happened up to this day.
const UNTIL: &str = "1996-08-24T12:00:00Z";
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A product that is not of the sample.
const SCREWS: u32 = 1000;
/// The initial stock of every other product.
const STOCK: u64 = 120;

pub(crate) fn tenant() -> Tenant {
    Tenant::new("NORTHWIND").unwrap()
}

/// An app that has sold for weeks; `None` if the file of the orders is not on this machine.
pub(crate) async fn northwind() -> Option<App> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/northwind-orders.jsonl");
    let orders = sample(&std::fs::read_to_string(file).ok()?);
    let (until, now) = (at(UNTIL), Timestamp::now());
    // Moves the days of 1996 to days up to now.
    let moved = |time: Timestamp| {
        Timestamp::from_unix_millis(time.unix_millis() - until.unix_millis() + now.unix_millis())
    };
    let clock = Clock::at(moved(at("1996-07-03T08:00:00Z")));
    let app = App::builder(MemoryEventStore::new())
        .views(MemoryViewStore::new())
        .clock(&clock)
        .provide(Bank::default())
        .build()
        .unwrap();
    let products: BTreeSet<u32> = orders
        .iter()
        .flat_map(|order| order.lines.iter().map(|line| line.product.parse().unwrap()))
        .collect();
    for number in products {
        let product = ProductKey::new(&tenant(), number);
        app.execute(&product, ListProduct { name: format!("Product {number}"), stock: STOCK })
            .by("catalogue")
            .await
            .unwrap();
    }
    // More of it than a number of JavaScript can hold: 2^53 + 1, and one less.
    for stock in [9_007_199_254_740_993, 9_007_199_254_740_992] {
        let screws = ListProduct { name: "Screws".into(), stock };
        app.execute(&ProductKey::new(&tenant(), SCREWS), screws).by("catalogue").await.unwrap();
    }
    app.run_until_idle().await.unwrap();

    let mut day = at("1996-07-04T00:00:00Z");
    while day < until {
        let is_today = |text: &str| text == &day.to_string()[..10];
        clock.set(moved(day).max(clock.now()));
        clock.advance(Duration::from_secs(9 * 3600));
        for order in orders.iter().filter(|order| is_today(&order.placed)) {
            order.place(&app).await;
            clock.advance(Duration::from_secs(11 * 60));
        }
        app.run_until_idle().await.unwrap();
        let shipped = orders.iter().filter_map(|order| Some((order, order.shipped.as_ref()?)));
        for (order, shipped) in shipped.filter(|(_, shipped)| is_today(&shipped.on)) {
            order.ship(&app, shipped).await;
            clock.advance(Duration::from_secs(7 * 60));
        }
        app.run_until_idle().await.unwrap();
        day = Timestamp::from_unix_millis(day.unix_millis() + i64::try_from(DAY.as_millis()).unwrap());
    }
    Some(app)
}

/// The first orders, each with its shipment.
fn sample(lines: &str) -> Vec<Placed> {
    let mut orders: Vec<Placed> = Vec::new();
    for line in lines.lines() {
        match serde_json::from_str(line).unwrap() {
            Command::Create { order_id, at, by, customer_id, items } if orders.len() < ORDERS => {
                let line = |item: Item| Line {
                    product: item.product_id,
                    quantity: item.quantity,
                    cents: item.unit_price_cents,
                };
                let (placed, lines) = (at[..10].to_owned(), items.into_iter().map(line).collect());
                let (customer, shipped) = (customer_id, None);
                orders.push(Placed { number: order_id, customer, employee: by, placed, lines, shipped });
            }
            Command::Create { .. } => {}
            Command::Ship { order_id, at, carrier, city } => {
                if let Some(order) = orders.iter_mut().find(|order| order.number == order_id) {
                    order.shipped = Some(Shipped { on: at[..10].to_owned(), shipper: carrier, city });
                }
            }
        }
    }
    orders
}

/// One more order, which has not been delivered to any subscriber.
pub(crate) async fn one_more(app: &App, number: u32) {
    let order = number.to_string();
    let line = Line { product: "1".into(), quantity: 3, cents: 1440 };
    let place = PlaceOrder { order: order.clone(), customer: "ERNSH".into(), lines: vec![line] };
    app.execute(&OrderKey::new(&tenant(), order.as_str()), place).by("employee-8").await.unwrap();
}

impl Placed {
    async fn place(&self, app: &App) {
        let (order, customer, lines) = (self.number.clone(), self.customer.clone(), self.lines.clone());
        let place = app.execute(&self.key(), PlaceOrder { order, customer, lines });
        place.by(&self.employee).command_id(format!("{}-place", self.number)).await.unwrap();
    }

    async fn ship(&self, app: &App, shipped: &Shipped) {
        let ship = ShipOrder { shipper: shipped.shipper.clone(), city: shipped.city.clone() };
        let ship = app.execute(&self.key(), ship).by("warehouse");
        ship.command_id(format!("{}-ship", self.number)).await.unwrap();
    }

    fn key(&self) -> OrderKey {
        OrderKey::new(&tenant(), self.number.as_str())
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}
