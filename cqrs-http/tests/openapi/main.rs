//! The OpenAPI document: a validator finds no fault in it, and a generated client does what a client does.
#![allow(unreachable_pub)]

#[path = "../http/bank.rs"]
mod bank;

use std::path::Path;
use std::process::Output;

use cqrs_http::axum;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

/// `scripts/openapi`.
async fn openapi(arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/openapi");
    let done = Command::new(&script).args(arguments).output().await;
    let done = done.unwrap_or_else(|error| panic!("{} cannot be run: {error}", script.display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{arguments:?}: {}{}", text(&done.stdout), text(&done.stderr));
    done
}

#[tokio::test]
async fn a_generated_client_executes_commands_and_reads_views_and_lists() {
    let app = bank::app();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (document, client, script) = (place("openapi.json"), place("bank_client"), place("use.py"));
    std::fs::write(&document, bank::api(&app).openapi().unwrap().to_string()).unwrap();
    openapi(&["validate", &document]).await;
    openapi(&["client", &document, &client]).await;
    // Next to the client, where Python finds it.
    std::fs::write(&script, include_str!("use.py")).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::watch::channel(());
    let until_stopped = |mut stopped: tokio::sync::watch::Receiver<()>| async move {
        while stopped.changed().await.is_ok() {}
    };
    let server =
        axum::serve(listener, bank::router(&app)).with_graceful_shutdown(until_stopped(stopped.clone()));
    let server = tokio::spawn(server.into_future());
    let service = app.clone();
    let delivery = tokio::spawn(async move { service.run(until_stopped(stopped)).await });

    let used = openapi(&["python", &script, &address]).await;
    let told: Value = serde_json::from_slice(&used.stdout).unwrap();
    let expected = json!({
        "deposited": { "outcome": "committed", "version": 2 },
        "rejected": { "type": "/problems/too-little", "balance": 500 },
        "statement": { "owner": "Ada", "balance": 500, "lines": [500] },
        "listed": ["4711"],
        "commits": [["AccountOpened"], ["MoneyDeposited"]],
        "deposited cents": 500,
    });
    assert_eq!(told, expected);
    drop(stop);
    server.await.unwrap().unwrap();
    delivery.await.unwrap().unwrap();
}

#[test]
fn one_path_is_one_in_the_document_whatever_its_fields_are_called() {
    let api = bank::api(&bank::app())
        .command_at::<bank::Account, bank::Open>("/places/{id}")
        .view_at::<bank::OwnerAccounts>("/places/{owner}");
    let document = api.openapi().unwrap();
    let paths: Vec<_> =
        document["paths"].as_object().unwrap().keys().filter(|path| path.starts_with("/places")).collect();
    assert_eq!(paths, ["/places/{id}"]);
    for method in ["post", "get"] {
        let parameters = document["paths"]["/places/{id}"][method]["parameters"].as_array().unwrap();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let names: Vec<_> = in_path.map(|parameter| &parameter["name"]).collect();
        assert_eq!(names, ["id"], "{method}");
    }
}

#[test]
fn the_document_has_what_was_listed_and_no_more() {
    let document = bank::api(&bank::app()).openapi().unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "/accounts/{id}/deposit",
            "/accounts/{id}/history",
            "/accounts/{id}/open",
            "/accounts/{id}/withdraw",
            "/hotel-rooms/{hotel}/{roomNumber}/furnish",
            "/owner-accounts",
            "/owner-accounts/{owner}",
            "/statements",
            "/statements/{id}",
        ]
    );
    let text = document.to_string();
    assert!(!text.contains("Seize"), "it is not listed");
    assert!(text.contains("balance.from") && !text.contains("balance.prefix"), "a number has no beginning");
    assert_eq!(document["components"]["schemas"]["Deposit"]["required"], json!(["cents"]));
    let statement = &document["components"]["schemas"]["Statement"]["properties"];
    assert_eq!(statement["lines"]["type"], "array");
    if let Ok(place) = std::env::var("OPENAPI_DOCUMENT") {
        std::fs::write(place, text).unwrap();
    }
}
