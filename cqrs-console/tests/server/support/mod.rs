//! An open console on a shop that has sold something, and a client that sends what it is told to.

pub(crate) mod client;
pub(crate) mod shop;

use std::net::SocketAddr;

use cqrs_console::{Bound, Console};
use cqrs_core::App;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::client::{Client, Response};

/// Every address that answers, with an example of its parameters.
pub(crate) const READING: [&str; 16] = [
    "/",
    "/api/overview",
    "/api/tenants",
    "/api/streams?entity=ORDER&tenant=SHOP",
    "/api/stream/state?entity=ORDER&tenant=SHOP&id=1",
    "/api/stream/steps?entity=ORDER&tenant=SHOP&id=1",
    "/api/related?tenant=SHOP&correlation=first",
    "/api/read-models",
    "/api/view?projection=Totals&tenant=SHOP&id=1",
    "/api/projections",
    "/api/replays",
    "/api/dead-letters",
    "/api/timers",
    "/api/wiring",
    "/api/schemas",
    "/api/tail",
];

/// The address that reads with a body.
pub(crate) const VIEWS: (&str, &str) = ("/api/views", r#"{"tenant":"SHOP","projection":"Totals"}"#);

/// Every address that changes something, with a body that it accepts.
pub(crate) const CHANGING: [(&str, &str); 3] = [
    ("/api/projections/Totals/replay", "{}"),
    ("/api/dead-letters/redrive", r#"{"subscriber":"bill","all":true}"#),
    ("/api/dead-letters/discard", r#"{"subscriber":"bill","pk":"a","sk":"b"}"#),
];

/// An open console. It is closed when it is dropped.
pub(crate) struct Open {
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    pub(crate) app: App,
    end: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Open {
    pub(crate) async fn on(app: App, set: impl FnOnce(Console) -> Console) -> Self {
        let bound: Bound = set(Console::new(&app)).bind().await.unwrap();
        let (address, url) = (bound.address(), bound.url());
        let (end, ended) = oneshot::channel();
        let running = tokio::spawn(bound.run(async { ended.await.unwrap_or_default() }));
        Self { address, url, app, end: Some(end), running }
    }

    /// Read-only, on the shop.
    pub(crate) async fn new() -> Self {
        Self::on(shop::sold().await, |console| console).await
    }

    pub(crate) async fn writable() -> Self {
        Self::on(shop::sold().await, |console| console.writable(true)).await
    }

    pub(crate) fn token(&self) -> &str {
        self.url.split_once("token=").unwrap().1
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// A client that has nothing but the address.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.address)
    }

    /// A client that has opened the URL.
    pub(crate) async fn client(&self) -> Client {
        let mut client = self.stranger();
        let welcome = client.get(&format!("/?token={}", self.token())).await;
        assert_eq!(welcome.status, 303);
        let cookie = welcome.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        client.set("cookie", cookie);
        client
    }

    pub(crate) async fn close(mut self) {
        self.end.take().unwrap().send(()).unwrap();
        self.running.await.unwrap();
    }
}

/// What every answer has.
#[track_caller]
pub(crate) fn assert_secure(response: &Response, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ] {
        assert_eq!(response.header(name), Some(value), "{what}: {name}");
    }
    let policy = response.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert!(matches!(response.header("cache-control"), Some("no-store" | "private, no-cache")), "{what}");
    assert_eq!(response.header("access-control-allow-origin"), None, "{what}");
}
