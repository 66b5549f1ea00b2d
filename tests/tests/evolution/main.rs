//! Events that were stored under earlier schemas, in every way in which events are read.

mod shop;

use cqrs_core::EventStore;
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use futures_util::TryStreamExt;
use serde_json::json;

use shop::{OrderEvent, Revenue, Ship, Summary, app, order, stored};

/// One order in three schemas and two names, shipped in three.
async fn years() -> Dynamo {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let events = [
        ("OrderCreated", 1, json!({ "customer": "Ada", "euros": 1 })),
        ("OrderCreated", 2, json!({ "customer": "Ada", "cents": 20 })),
        ("OrderCreated", 3, json!({ "customer": "Ada", "cents": 3, "currency": "CHF" })),
        ("OrderPlaced", 3, json!({ "customer": "Ada", "cents": 1000, "currency": "JPY" })),
        ("OrderShipped", 1, json!({ "tracking": "A" })),
        ("OrderShipped", 2, json!({ "tracking": "B" })),
        ("OrderShipped", 3, json!({ "parcel": "C" })),
    ];
    for (version, event) in (1..).zip(events) {
        stored(&dynamo, "1", version, event).await;
    }
    dynamo
}

#[tokio::test]
async fn the_store_and_the_history_give_old_events_as_those_of_today() {
    let dynamo = years().await;
    let (app, _) = app(&dynamo);
    let loaded = app.load(&order("1")).await.unwrap();
    assert_eq!(loaded.state.cents, 1123);
    assert_eq!(loaded.state.parcels, ["A", "B", "C"]);
    let first = app.load_version(&order("1"), Version::new(1)).await.unwrap();
    assert_eq!((first.state.cents, first.state.currency.as_str()), (100, "EUR"));

    let history: Vec<_> = app.history(&order("1")).try_collect().await.unwrap();
    let placed = |event: &OrderEvent| match event {
        OrderEvent::OrderPlaced(placed) => Some((placed.cents, placed.currency.clone())),
        OrderEvent::OrderShipped(_) => None,
    };
    let amounts: Vec<_> = history.iter().filter_map(|recorded| placed(recorded.event())).collect();
    let expected = [(100, "EUR"), (20, "EUR"), (3, "CHF"), (1000, "JPY")];
    assert_eq!(amounts, expected.map(|(cents, currency)| (cents, currency.to_owned())));

    let done = app.execute(&order("1"), Ship { parcel: "D".to_owned() }).await.unwrap();
    assert_eq!(done.version, Version::new(8));
}

#[tokio::test]
async fn the_delivery_gives_old_events_as_those_of_today() {
    let dynamo = years().await;
    let (app, placed) = app(&dynamo);
    app.run_until_idle().await.unwrap();
    let summary = app.view::<Summary>(&order("1")).await.unwrap().unwrap();
    assert_eq!(summary, Summary { cents: 1123, parcels: 3 });
    let key = shop::RevenueKey::new(&Tenant::new("SHOP").unwrap(), "Ada");
    assert_eq!(app.view::<Revenue>(&key).await.unwrap().unwrap(), Revenue { cents: 1123 });
    let cents: Vec<u64> = placed.lock().unwrap().iter().map(|event| event.cents).collect();
    assert_eq!(cents, [100, 20, 3, 1000]);
    assert!(app.dead_letters().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_queue_gives_old_events_as_those_of_today() {
    let dynamo = years().await;
    let (app, placed) = app(&dynamo);
    let stream = order("1").stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap();
    for queue in ["Summary", "note"] {
        let received = |commit| Received::new(Message::of(&app, commit).body);
        // A subscriber to orders also gets those under the earlier name.
        let commits =
            page.commits.iter().filter(|commit| queue == "Summary" || commit.version <= Version::new(4));
        let batch: Vec<Received> = commits.map(received).collect();
        let verdicts = app.consumer(queue).unwrap().take(&batch).await;
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Done)), "{verdicts:?}");
    }
    assert_eq!(app.view::<Summary>(&order("1")).await.unwrap().unwrap().cents, 1123);
    assert_eq!(placed.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_subscriber_is_routed_the_names_of_before() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (app, _) = app(&dynamo);
    let wiring = app.wiring();
    let note = wiring.subscribers.iter().find(|subscriber| subscriber.name == "note").unwrap();
    assert_eq!(note.events, ["OrderPlaced", "OrderCreated"]);
    let placed = wiring.events.iter().find(|event| event.name == "OrderPlaced").unwrap();
    assert_eq!((placed.schema, placed.aliases), (3, ["OrderCreated"].as_slice()));
}

#[tokio::test]
async fn a_replay_gives_old_events_as_those_of_today() {
    let dynamo = years().await;
    let (app, _) = app(&dynamo);
    app.replay::<Summary>().await.unwrap();
    assert_eq!(app.view::<Summary>(&order("1")).await.unwrap().unwrap().cents, 1123);
    app.replay::<Revenue>().await.unwrap();
    let key = shop::RevenueKey::new(&Tenant::new("SHOP").unwrap(), "Ada");
    assert_eq!(app.view::<Revenue>(&key).await.unwrap().unwrap().cents, 1123);
}

#[tokio::test]
async fn a_dead_letter_is_redriven_by_a_program_that_knows_its_schema() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    stored(&dynamo, "1", 1, ("OrderCreated", 4, json!({ "customer": "Ada" }))).await;
    let (app, _) = app(&dynamo);
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    assert!(!letters.is_empty());
    for letter in &letters {
        let said = "`OrderCreated` (schema 4) cannot be decoded: this program knows it up to schema 3; a newer program may have stored it";
        assert!(letter.reason.contains(said), "{}", letter.reason);
    }
    // The record of a letter of last year, whose type the program of that time did not know.
    let mut letter = letters[0].clone();
    letter.record["schema"] = 1.into();
    letter.record["data"] = json!({ "customer": "Ada", "euros": 7 });
    let commit = cqrs_core::store::record::decode(letter.record.as_object().unwrap().clone()).unwrap();
    let received = Received::new(Message::of(&app, &commit).body);
    let verdicts = app.consumer("note").unwrap().take(&[received]).await;
    assert!(matches!(verdicts[..], [Verdict::Done]), "{verdicts:?}");
}

#[tokio::test]
async fn what_no_step_leads_to_is_refused_with_its_schema() {
    for (event, said) in [
        (
            ("OrderShipped", 4, json!({})),
            "this program knows it up to schema 3; a newer program may have stored it",
        ),
        (("OrderShipped", 2, json!({})), "`from_json(2, …)` does not take it: there is no `tracking`"),
        (
            ("OrderShipped", 1, json!({ "tracking": 5 })),
            "as `from_json` leaves it, it does not have today's shape",
        ),
        (("OrderCreated", 0, json!({})), "this program knows it from schema 1 on"),
        (("OrderCreated", 1, json!({ "customer": "Ada" })), "missing field `euros`"),
    ] {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        stored(&dynamo, "1", 1, event.clone()).await;
        let (app, _) = app(&dynamo);
        let error = cqrs_core::causes::chain(&app.load(&order("1")).await.unwrap_err());
        let place = format!("SHOP#ORDER ORDER#1 at version 1, event 0: `{}` (schema {})", event.0, event.1);
        assert!(error.contains(said), "{error}");
        assert!(error.contains(&place), "{error}");
    }
}
