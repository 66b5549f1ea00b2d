//! The answer of each address.

use std::sync::atomic::Ordering;

use crate::support::client::Client;
use crate::support::shop::{self, Luck, SCRIPT};
use crate::support::{Open, READING, assert_secure};
use cqrs_core::prelude::*;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

async fn open() -> (Open, Client) {
    let console = Open::new().await;
    let client = console.client().await;
    (console, client)
}

#[tokio::test]
async fn what_is_read_is_json_and_kept_by_nobody() {
    let (console, mut client) = open().await;
    for target in READING.into_iter().filter(|target| *target != "/") {
        let response = client.get(target).await;
        assert_secure(&response, target);
        assert_eq!(response.header("cache-control"), Some("no-store"), "{target}");
        response.json();
    }
    console.close().await;
}

#[tokio::test]
async fn the_page_and_its_files_are_served_by_their_exact_names() {
    let (console, mut client) = open().await;
    for target in ["/", "/assets/index.html"] {
        let page = client.get(target).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert_secure(&page, target);
        let tag = page.header("etag").unwrap().to_owned();
        client.set("if-none-match", tag);
        let again = client.get(target).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_secure(&again, target);
        client.unset("if-none-match");
    }
    for target in [
        "/assets/",
        "/assets/../Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/%2e%2e%2fsrc%2flib.rs",
        "/assets/..%5cCargo.toml",
        "/assets/%2fetc%2fpasswd",
        "/assets//etc/passwd",
        "/assets/index.html/",
        "/assets/index.html%00.js",
        "/assets/%ff%fe",
        "/assets/INDEX.HTML",
        "/assets/.",
        "/../Cargo.toml",
        "/etc/passwd",
        "/index.html",
        "//",
        "/api",
        "/api/",
        "/api/overview/",
        "/api/%6fverview/..",
    ] {
        assert_eq!(client.get(target).await.problem(), "not-found", "{target}");
    }
    console.close().await;
}

#[tokio::test]
async fn the_overview_tells_what_there_is() {
    let (console, mut client) = open().await;
    let overview = client.get("/api/overview").await.json();
    assert_eq!(overview["program"]["writable"], false);
    assert_eq!(overview["streams"][0]["entity"], "ORDER");
    assert_eq!(overview["projections"], Value::Null, "not read yet");
    let letters = overview["deadLetters"].as_array().unwrap();
    let of = |name: &str| letters.iter().find(|letters| letters["subscriber"] == name).unwrap();
    assert_eq!(of("bill"), &json!({ "subscriber": "bill", "count": 1, "more": false }));
    assert_eq!(of("Totals"), &json!({ "subscriber": "Totals", "count": 0, "more": false }));

    let projections = client.get("/api/projections").await.json();
    assert_eq!(projections[0]["projection"], "Totals");
    assert_eq!(projections[0]["build"]["state"], "whole");
    assert_eq!(projections[0]["lag"]["commits"], 0);
    client.get("/api/timers").await.json();
    let overview = client.get("/api/overview").await.json();
    assert_eq!(overview["projections"], projections, "as it was read");
    assert!(overview["readAt"]["projections"].is_string());
    assert_eq!(overview["timers"]["waiting"], 0);
    console.close().await;
}

#[tokio::test]
async fn streams_are_listed_and_gone_through() {
    let (console, mut client) = open().await;
    let tenants = client.get("/api/tenants").await.json();
    assert_eq!(tenants["items"], json!(["SHOP"]));
    let page = client.get("/api/streams?entity=ORDER&tenant=SHOP&limit=2").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = encoded(page["next"].as_str().unwrap());
    let rest =
        client.get(&format!("/api/streams?entity=ORDER&tenant=SHOP&limit=2&after={next}")).await.json();
    assert_eq!(rest["items"][0]["id"], json!(["3"]));
    let found = client.get("/api/streams?entity=ORDER&tenant=SHOP&prefix=2").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);

    let stream = "entity=ORDER&tenant=SHOP&id=1";
    let steps = client.get(&format!("/api/stream/steps?{stream}")).await.json();
    assert_eq!(steps["items"][1]["place"]["version"], 2);
    assert_eq!(steps["items"][1]["commit"]["type"], "OrderShipped");
    assert_eq!(steps["items"][1]["changes"][0]["path"], "shipped");
    let second = client.get(&format!("/api/stream/steps?{stream}&after=1")).await.json();
    assert_eq!(second["items"][0], steps["items"][1]);
    let now = client.get(&format!("/api/stream/state?{stream}")).await.json();
    assert_eq!((&now["version"], &now["state"]["total"]), (&json!(2), &json!(100)));
    let then = client.get(&format!("/api/stream/state?{stream}&version=1")).await.json();
    assert_eq!(then["version"], 1);
    let before = client.get(&format!("/api/stream/state?{stream}&asOf=2001-01-01T00:00:00Z")).await.json();
    assert_eq!(before["version"], 0);
    console.close().await;
}

#[tokio::test]
async fn what_belongs_together_is_found() {
    let (console, mut client) = open().await;
    let related = client.get("/api/related?tenant=SHOP&correlation=first").await.json();
    assert_eq!(related["items"].as_array().unwrap().len(), 3);
    assert_eq!(related["readCommits"], 4);
    assert_eq!(related["items"][0]["subscribers"], json!(["Totals", "bill"]));
    console.close().await;
}

#[tokio::test]
async fn views_are_read_and_listed() {
    let (console, mut client) = open().await;
    assert_eq!(client.get("/api/read-models").await.json()[0]["name"], "Totals");
    let view = client.get("/api/view?projection=Totals&tenant=SHOP&id=1").await.json();
    assert_eq!(view["view"]["total"], 100);
    let missing = client.get("/api/view?projection=Totals&tenant=SHOP&id=none").await;
    assert_eq!((missing.status, missing.problem()), (404, "not-found".to_owned()));
    client.own();
    let asked = r#"{"tenant":"SHOP","projection":"Totals","descending":true,"limit":2}"#;
    let page = client.post("/api/views", asked).await.json();
    assert_eq!(page["items"][0]["id"], json!(["3"]));
    assert!(page["next"].is_string());
    console.close().await;
}

#[tokio::test]
async fn wiring_and_schemas_are_those_of_the_program() {
    let lock = "OrderCreated 1 { customer: string, total: u32 }\nOrderShipped 1 { carrier: string }\nGone 1 { a: u8 }\n";
    let console = Open::on(shop::sold().await, |console| console.events_lock(lock)).await;
    let mut client = console.client().await;
    let wiring = client.get("/api/wiring").await.json();
    assert_eq!(wiring, serde_json::to_value(console.app.wiring()).unwrap());
    let schemas = client.get("/api/schemas").await.json();
    assert_eq!(schemas["lock"], "given");
    let entries = schemas["entries"].as_array().unwrap();
    let of = |name: &str| entries.iter().find(|entry| entry["name"] == name).unwrap();
    assert_eq!(of("OrderShipped")["agrees"], true);
    assert_eq!(
        (&of("OrderShipped")["owner"], &of("OrderShipped")["current"]),
        (&json!("Order"), &json!(true))
    );
    assert_eq!(of("OrderCreated")["agrees"], false);
    assert!(of("OrderCreated")["difference"].as_str().unwrap().contains("`total` was `u32`, is `u64`"));
    assert_eq!((&of("Gone")["locked"], &of("Gone")["shape"]), (&json!("{ a: u8 }"), &Value::Null));
    console.close().await;
}

#[tokio::test]
async fn a_dead_letter_is_reported_redriven_and_discarded() {
    let luck = Luck::default();
    let console = Open::on(shop::sold_with(&luck).await, |console| console.writable(true)).await;
    let mut client = console.client().await;
    client.own();
    let page = client.get("/api/dead-letters?subscriber=bill").await.json();
    let letter = &page["items"][0];
    assert_eq!((&letter["reason"], &letter["waits"]), (&json!("nobody pays 13"), &json!(false)));
    assert_eq!(letter["types"], json!(["OrderCreated"]));
    assert_eq!(letter["place"]["version"], 1);

    // Without a subscriber, page by page: all letters.
    let (mut all, mut after) = (0, String::new());
    loop {
        let page = client.get(&format!("/api/dead-letters?after={after}")).await.json();
        all += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        after = encoded(next);
    }
    assert_eq!(all, 1);

    let at = |extra: &str| {
        format!(r#"{{"subscriber":"bill","pk":{},"sk":{}{extra}}}"#, letter["pk"], letter["sk"])
    };
    let redriven = client.post("/api/dead-letters/redrive", &at("")).await.json();
    assert_eq!(redriven, json!({ "done": 0, "left": 1 }), "13 is not billed yet");
    luck.0.store(true, Ordering::Relaxed);
    let redriven = client.post("/api/dead-letters/redrive", &at("")).await.json();
    assert_eq!(redriven, json!({ "done": 1, "left": 0 }));
    let gone = client.post("/api/dead-letters/discard", &at("")).await;
    assert_eq!(gone.problem(), "not-found");

    luck.0.store(false, Ordering::Relaxed);
    let thirteen = shop::Create { customer: "Bob".to_owned(), total: 13 };
    console.app.execute(&shop::key("2"), thirteen).await.unwrap();
    console.app.run_until_idle().await.unwrap();
    let page = client.get("/api/dead-letters?subscriber=bill").await.json();
    let letter = &page["items"][0];
    let discard = json!({ "subscriber": "bill", "pk": letter["pk"], "sk": letter["sk"], "reason": "a gift" });
    let discarded = client.post("/api/dead-letters/discard", &discard.to_string()).await.json();
    assert_eq!(discarded, json!({ "discarded": 1 }));
    assert_eq!(console.app.dead_letters().list().await.unwrap(), []);
    let all = client.post("/api/dead-letters/redrive", r#"{"subscriber":"bill","all":true}"#).await.json();
    assert_eq!(all, json!({ "done": 0, "left": 0 }));
    console.close().await;
}

#[tokio::test]
async fn a_replay_runs_behind_the_page_and_tells_its_end() {
    let console = Open::writable().await;
    let mut client = console.client().await;
    client.own();
    let begun = client.post("/api/projections/Totals/replay", "{}").await;
    assert_eq!((begun.status, &begun.json()["state"]), (202, &json!("running")));
    let replay = loop {
        let replays = client.get("/api/replays").await.json();
        if replays[0]["state"] != "running" {
            break replays[0].clone();
        }
    };
    assert_eq!((&replay["state"], &replay["done"]["views"]), (&json!("done"), &json!(3)));
    assert_eq!(client.get("/api/projections").await.json()[0]["replay"], replay);
    let unknown = client.post("/api/projections/None/replay", "{}").await;
    assert_eq!(unknown.problem(), "unknown-projection");
    console.close().await;
}

#[tokio::test]
async fn commits_are_told_as_they_come() {
    let (console, mut client) = open().await;
    let mut follower = console.client().await;
    follower.set("accept", "text/event-stream");
    assert_eq!(follower.get("/api/tail").await.status, 200);
    let mut stream = follower.take_connection().unwrap();
    let told = async |stream: &mut tokio::net::TcpStream, wanted: &str| {
        let mut text = String::new();
        while !text.contains(wanted) {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "it ended with {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        text
    };
    let before = told(&mut stream, "UPS").await;
    assert_eq!(before.matches("event: commit").count(), 4, "what was there: {before}");
    console.app.execute(&shop::key("3"), shop::Ship { carrier: "DHL".to_owned() }).await.unwrap();
    let come = told(&mut stream, "DHL").await;
    assert!(come.contains("id: 5\n"), "{come}");

    let polled = client.get("/api/tail?after=4").await.json();
    assert_eq!(polled["items"][0]["number"], 5);
    assert_eq!((&polled["next"], &polled["missed"]), (&json!("5"), &json!(false)));
    console.close().await;
}

#[tokio::test]
async fn an_app_without_a_feed_reports_it() {
    use cqrs_core::app::Stores;
    use cqrs_core::store::MemoryEventStore;
    let store = MemoryEventStore::new();
    let stores = Stores::new(store.clone(), store.delivery()).views(cqrs_core::view::MemoryViewStore::new());
    let app = App::builder(stores).provide(Luck::default()).build().unwrap();
    let console = Open::on(app, |console| console).await;
    let answer = console.client().await.get("/api/tail").await;
    assert_eq!((answer.status, answer.problem()), (404, "no-feed".to_owned()));
    console.close().await;
}

#[tokio::test]
async fn what_looks_like_a_page_stays_data() {
    let (console, mut client) = open().await;
    let state = client.get("/api/stream/state?entity=ORDER&tenant=SHOP&id=2").await;
    assert_eq!(state.header("content-type"), Some("application/json"));
    assert!(state.json()["state"]["customer"].as_str().unwrap().contains("<script>"));
    let view = client.get("/api/view?projection=Totals&tenant=SHOP&id=2").await;
    assert_eq!(view.json()["view"]["customer"], SCRIPT);
    console.close().await;
}

#[tokio::test]
async fn wrong_questions_are_told_what_is_wrong() {
    let (console, mut client) = open().await;
    for (target, status, kind, said) in [
        ("/api/streams?tenant=SHOP", 400, "query", "`entity` is missing"),
        ("/api/streams?entity=ORDER&tenant=", 400, "query", "`tenant` is missing"),
        ("/api/streams?entity=ODER&tenant=SHOP", 404, "unknown-entity", "there are `ORDER`"),
        ("/api/streams?entity=ORDER&tenant=SHOP&limit=0", 400, "query", "`limit` is 1 to 200"),
        ("/api/streams?entity=ORDER&tenant=SHOP&limit=1e3", 400, "query", "`limit`"),
        ("/api/streams?entity=ORDER&tenant=SHOP&tenant=B", 400, "query", "once"),
        ("/api/streams?entity=ORDER&tenant=SHOP&after=x", 400, "cursor", "not a cursor"),
        ("/api/streams?entity=ORDER&tenant=SHOP&page=2", 400, "query", "no parameter `page`"),
        ("/api/stream/state?entity=ORDER&tenant=SHOP", 400, "key", ""),
        ("/api/stream/state?entity=ORDER&tenant=SHOP&id=1&id=2", 400, "key", ""),
        ("/api/stream/state?entity=ORDER&tenant=SHOP&id=1&version=-1", 400, "query", "`version`"),
        ("/api/stream/state?entity=ORDER&tenant=SHOP&id=1&asOf=today", 400, "query", "`asOf`"),
        (
            "/api/stream/state?entity=ORDER&tenant=SHOP&id=1&version=1&asOf=2024-01-01T00:00:00Z",
            400,
            "query",
            "exclude",
        ),
        ("/api/view?projection=None&tenant=SHOP&id=1", 404, "unknown-projection", "Totals"),
        ("/api/related?tenant=SHOP", 400, "query", "`correlation` is missing"),
        ("/api/dead-letters?after=x", 400, "cursor", "not a cursor"),
        ("/api/overview?x=1", 400, "query", "no parameter `x`"),
    ] {
        let answer = client.get(target).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (status, kind.to_owned()),
            "{target}: {}",
            answer.text()
        );
        assert!(answer.text().contains(said), "{target}: {}", answer.text());
    }
    client.own();
    for (body, kind) in [
        ("", "body"),
        ("[]", "body"),
        (r#"{"projection":"Totals"}"#, "body"),
        (r#"{"tenant":"","projection":"Totals"}"#, "key"),
    ] {
        assert_eq!(client.post("/api/views", body).await.problem(), kind, "{body}");
    }
    assert_eq!(client.post("/api/overview", "{}").await.problem(), "method");
    console.close().await;
}

/// A text, encoded for a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
