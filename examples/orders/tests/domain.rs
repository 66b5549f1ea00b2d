//! The rules of the shop, its read models and its handler, independent of the delivery.

use cqrs_core::prelude::*;
use cqrs_core::testing::{DeliveryChaos, HandlerScenario, ProjectionScenario, Scenario};
use cqrs_dynamo::Dynamo;
use orders::domain::{
    CancelOrder, CreateOrder, Item, Order, OrderCancelled, OrderCreated, OrderError, OrderKey, OrderShipped,
    ShipOrder, Status,
};
use orders::read_models::{
    CustomerTotals, CustomerTotalsKey, NotificationService, OrderCreatedHandler, OrderSummary,
};

fn tenant() -> Tenant {
    Tenant::new("TENANT001").unwrap()
}

fn order(id: &str) -> OrderKey {
    OrderKey::new(&tenant(), id)
}

fn pens(quantity: u64) -> Item {
    Item { product_id: "PEN".into(), quantity, unit_price_cents: 250, discount_percent: 0 }
}

fn create(quantity: u64) -> CreateOrder {
    CreateOrder { customer_id: "CUST-001".into(), items: vec![pens(quantity)] }
}

fn created(quantity: u64) -> OrderCreated {
    let items = vec![pens(quantity)];
    OrderCreated { customer_id: "CUST-001".into(), items, total_amount: 250 * quantity }
}

fn ship() -> ShipOrder {
    ShipOrder { carrier: "Yamato".into(), destination: "Osaka".into() }
}

fn shipped() -> OrderShipped {
    OrderShipped { carrier: "Yamato".into(), destination: "Osaka".into() }
}

fn cancel() -> CancelOrder {
    CancelOrder { reason: "ordered twice".into() }
}

fn cancelled(quantity: u64) -> OrderCancelled {
    let reason = "ordered twice".into();
    OrderCancelled { customer_id: "CUST-001".into(), total_amount: 250 * quantity, reason }
}

#[test]
fn an_order_is_created_and_shipped_once() {
    Scenario::<Order>::new()
        .when(ship())
        .then_rejected(OrderError::Unknown)
        .when(create(2))
        .then(created(2))
        .when(create(3))
        .then_rejected(OrderError::Exists)
        .when(ship())
        .then(shipped())
        .when(ship())
        .then_rejected(OrderError::Shipped)
        .when(cancel())
        .then_rejected(OrderError::Shipped)
        .then_state(|order| assert_eq!(order.status, Status::Shipped));
}

#[test]
fn a_cancelled_order_stays_cancelled() {
    Scenario::<Order>::given(created(2))
        .when(cancel())
        .then(cancelled(2))
        .when(cancel())
        .then_unchanged()
        .when(ship())
        .then_rejected(OrderError::Cancelled);
}

#[test]
fn what_cannot_be_paid_is_rejected() {
    let nothing = CreateOrder { customer_id: "CUST-001".into(), items: Vec::new() };
    Scenario::<Order>::new().when(nothing).then_rejected(OrderError::Empty);
    let too_cheap = Item { discount_percent: 101, ..pens(1) };
    let amount = || OrderError::Amount { product_id: "PEN".into() };
    for item in [too_cheap, pens(u64::MAX)] {
        let command = CreateOrder { customer_id: "CUST-001".into(), items: vec![item] };
        Scenario::<Order>::new().when(command).then_rejected(amount());
    }
}

#[test]
fn a_summary_follows_its_order() {
    let open = OrderSummary {
        status: Status::Open,
        customer_id: "CUST-001".into(),
        ordered_at: Some("2024-01-01T10:00:00Z".parse().unwrap()),
        items: 1,
        total: 500,
        destination: None,
    };
    let sent = OrderSummary { status: Status::Shipped, destination: Some("Osaka".into()), ..open.clone() };
    ProjectionScenario::new()
        .at("2024-01-01T10:00:00Z")
        .and_given(&order("1"), created(2))
        .then(&order("1"), open)
        .at("2024-01-02T10:00:00Z")
        .and_given(&order("1"), shipped())
        .then(&order("1"), sent)
        .then_none(&order("2"));
}

#[test]
fn a_customers_totals_are_those_of_all_orders() {
    let customer = CustomerTotalsKey::new(&tenant(), "CUST-001");
    ProjectionScenario::given(&order("1"), created(2))
        .and_given(&order("2"), (created(4), shipped()))
        .then(&customer, CustomerTotals { orders: 2, total: 1500 })
        .and_given(&order("1"), cancelled(2))
        .then(&customer, CustomerTotals { orders: 1, total: 1000 });
}

#[test]
fn every_order_is_confirmed() {
    let notifications = NotificationService::default();
    HandlerScenario::of("OrderCreatedHandler")
        .provide(OrderCreatedHandler { notifications: notifications.clone() })
        .when(&order("1"), created(2))
        .run()
        .then_done()
        .then_sent_no_more();
    assert_eq!(notifications.sent(), 1);
}

async fn shop(dynamo: &Dynamo) -> App {
    let handler = OrderCreatedHandler { notifications: NotificationService::default() };
    let app = App::builder(dynamo).provide(handler).build().unwrap();
    for id in ["1", "2", "3"] {
        app.execute(&order(id), create(2)).await.unwrap();
    }
    app.execute(&order("1"), ship()).await.unwrap();
    app.execute(&order("2"), cancel()).await.unwrap();
    app
}

#[tokio::test]
async fn whatever_the_delivery_does_the_read_models_are_right() {
    let app = shop(&Dynamo::embedded_in_memory().await.unwrap()).await;
    DeliveryChaos::new().run(&app).await;
}

#[tokio::test]
async fn the_second_command_of_an_order_costs_one_request() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = shop(&dynamo).await;
    dynamo.spent(app.execute(&order("4"), create(1))).await.requests(2).wcu(1).rcu(1);
    dynamo.spent(app.execute(&order("4"), ship())).await.requests(1).wcu(1).rcu(0);
    dynamo.spent(app.execute(&order("4"), cancel())).await.requests(1).wcu(0).rcu(1);
}
