//! The console on the embedded database: what its pages ask of the store.

#[allow(dead_code, reason = "the tests of the package use all of it")]
#[path = "../../../cqrs-console/tests/server/support/client.rs"]
mod client;

use cqrs_console::Console;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Cost, Dynamo};
use cqrs_tests::bank::{self, Open, Opened, deposit};
use serde_json::Value;
use tokio::sync::oneshot;

use client::Client;

macro_rules! handlers {
    ($($name:ident)*) => {$(
        #[event_handler(Opened)]
        async fn $name(event: &Opened) -> Result<(), HandlerError> {
            match event.owner.as_str() {
                "Mallory" => Err(HandlerError::permanent("not for Mallory")),
                _ => Ok(()),
            }
        }
    )*};
}

// More subscribers than a first paint has requests.
handlers!(first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth);

const STREAMS: usize = 60;
const DEPOSITS: u64 = 20;

/// Accounts with deposits, one of which no subscriber takes; all delivered.
async fn bank() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(&dynamo).build().unwrap();
    for nth in 0..STREAMS {
        let key = bank::account(&format!("{nth:03}"));
        let owner = if nth == 7 { "Mallory" } else { "Ada" };
        app.execute(&key, Open { owner: owner.into() }).correlation_id("opening").await.unwrap();
        for cents in 1..=DEPOSITS {
            app.execute(&key, deposit(cents)).await.unwrap();
        }
    }
    app.run_until_idle().await.unwrap();
    (dynamo, app)
}

/// The requests to the store while a request is answered.
async fn spent(dynamo: &Dynamo, client: &mut Client, target: &str) -> (Cost, Value) {
    let before = dynamo.cost();
    let response = client.get(target).await;
    (dynamo.cost() - before, response.json())
}

#[tokio::test]
async fn each_page_asks_no_more_than_it_shows() {
    let (dynamo, app) = bank().await;
    let bound = Console::new(&app).bind().await.unwrap();
    let (url, address) = (bound.url(), bound.address());
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(async { ended.await.unwrap_or_default() }));
    let mut client = Client::new(address);

    // The first paint: login, the page, its files, and the overview.
    let before = dynamo.cost();
    let welcome = client.get(&format!("/?{}", url.split_once('?').unwrap().1)).await;
    client.set("cookie", welcome.header("set-cookie").unwrap().split(';').next().unwrap().to_owned());
    assert_eq!(client.get("/").await.status, 200);
    let overview = client.get("/api/overview").await.json();
    let paint = dynamo.cost() - before;
    assert!(paint.requests <= 10, "{paint}");
    assert_eq!(paint.stream_requests, 0, "{paint}");
    assert_eq!(paint.write_units, 0.0, "{paint}");
    println!("first paint: {paint}");

    let letters = overview["deadLetters"].as_array().unwrap();
    assert!(letters.len() > 12);
    let read: Vec<_> = letters.iter().filter(|letters| letters["count"] != Value::Null).collect();
    assert_eq!(read.len(), 9);
    assert!(letters.iter().any(|letters| letters["count"] == 1), "{letters:?}");

    let tenant = app.inspect().tenants(None).await.unwrap().items[0].clone();
    let of = format!("entity=ACCOUNT&tenant={tenant}");
    for (target, requests) in [
        ("/api/wiring".to_owned(), 0),
        ("/api/schemas".to_owned(), 0),
        ("/api/read-models".to_owned(), 0),
        ("/api/replays".to_owned(), 0),
        ("/api/tenants".to_owned(), 8),
        (format!("/api/streams?{of}&limit=20"), 21),
        (format!("/api/stream/state?{of}&id=001"), 2),
        (format!("/api/stream/steps?{of}&id=001&limit=5"), 2),
        (format!("/api/stream/steps?{of}&id=001&after=10&limit=5"), 3),
        (format!("/api/related?tenant={tenant}&correlation=opening"), 8),
        (format!("/api/view?projection=Statement&tenant={tenant}&id=001"), 2),
        ("/api/dead-letters?subscriber=first".to_owned(), 1),
        ("/api/timers".to_owned(), 8),
    ] {
        let (cost, answer) = spent(&dynamo, &mut client, &target).await;
        assert!(cost.requests <= requests, "{target}: {cost}");
        assert_eq!(cost.write_units, 0.0, "{target}: {cost}");
        println!("{target}: {cost}, {} commits read", answer["readCommits"]);
    }

    // The costs of the projections are as they are announced.
    let said = overview["costs"]["projections"]["requests"].as_u64().unwrap();
    let (cost, _) = spent(&dynamo, &mut client, "/api/projections").await;
    assert!(cost.requests <= said, "it says {said}: {cost}");

    end.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_million_streams_would_be_gone_through_page_by_page() {
    let (dynamo, app) = bank().await;
    let bound = Console::new(&app).bind().await.unwrap();
    let (url, address) = (bound.url(), bound.address());
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(async { ended.await.unwrap_or_default() }));
    let mut client = Client::new(address);
    let welcome = client.get(&format!("/?{}", url.split_once('?').unwrap().1)).await;
    client.set("cookie", welcome.header("set-cookie").unwrap().split(';').next().unwrap().to_owned());

    let tenant = app.inspect().tenants(None).await.unwrap().items[0].clone();
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let target = format!("/api/streams?entity=ACCOUNT&tenant={tenant}&limit=7&after={after}");
        let (cost, page) = spent(&dynamo, &mut client, &target).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7 && cost.requests <= 8, "{} items: {cost}", items.len());
        found.extend(items.iter().map(|item| item["id"][0].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.bytes().map(|byte| format!("%{byte:02x}")).collect(),
            None => break,
        }
    }
    let all: Vec<_> = (0..STREAMS).map(|nth| format!("{nth:03}")).collect();
    assert_eq!(found, all, "each once, in order");
    end.send(()).unwrap();
    running.await.unwrap();
}
