//! Requests of every kind, made from valid ones by a seeded generator: `HTTP_FUZZ=seed` repeats a run.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Uri};
use cqrs_http::axum;
use fastrand::Rng;
use tower::ServiceExt;

use crate::bank::{api, app};
use crate::client::{Answer, Client, answer};

const REQUESTS: usize = 10_000;

/// The tenants, and the secret of each that no other tenant may see. It is in owners, users and events. The ids of
/// their accounts are the same.
const SECRETS: [(&str, &str); 2] = [("RED", "crimson"), ("BLUE", "azure")];

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"];

const PATHS: [&str; 18] = [
    "/accounts/ID/open",
    "/accounts/ID/deposit",
    "/accounts/ID/withdraw",
    "/accounts/ID/seize",
    "/accounts/ID/history",
    "/accounts/ID/history?limit=2&after=1",
    "/hotel-rooms/ID/7/furnish",
    "/hotel-rooms/ID/ID/furnish",
    "/statements/ID",
    "/statements",
    "/statements?limit=3&order=desc",
    "/statements?by=by_owner&owner=ID&balance.from=1&balance.to=900",
    "/statements?by=by_owner&owner=ID&balance=5&limit=1",
    "/statements?after=CURSOR",
    "/owner-accounts/ID",
    "/owner-accounts?owner.prefix=ID",
    "/openapi.json",
    "/",
];

const BODIES: [&str; 8] = [
    r#"{"owner": "ID"}"#,
    r#"{"cents": 5}"#,
    r#"{"cents": 18446744073709551615}"#,
    r#"{"beds": 2, "extras": ["sofa", {"desk": {"width": 120}}]}"#,
    r#"{"cents": -1}"#,
    r#"{"cents": 1e400}"#,
    "[[[[[[",
    "",
];

const HEADERS: [(&str, &[&str]); 9] = [
    (
        "content-type",
        &["application/json", "application/json; charset=utf-8", "text/plain", "application/x+json", "/"],
    ),
    ("idempotency-key", &["k-1", "\"k-2\"", "\"", "a b", "http:ID:k"]),
    ("if-match", &["*", "\"1\"", "\"2\", \"3\"", "W/\"1\"", "1", "\"18446744073709551615\"", ","]),
    ("if-none-match", &["*", "\"1.0\"", "W/\"x\"", "x"]),
    ("commit-token", &["TOKEN", "TOKEN", "x", "j7xUMy4xNS41LlRFTkFOVDAwMSNPUkRFUiMyMDI0MDEwMS0wMDE"]),
    ("prefer", &["wait=0", "wait=0; x", "wait=-1", "respond-async"]),
    ("content-length", &["5", "99999999999", "x"]),
    ("accept", &["*/*", "text/html"]),
    ("x-forwarded-for", &["::1"]),
];

struct Fuzz {
    rng: Rng,
    tokens: Vec<String>,
    cursors: Vec<String>,
}

impl Fuzz {
    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.rng.usize(..from.len())]
    }

    fn id(&mut self, secret: &str) -> String {
        match self.rng.u8(..14) {
            0 => "%23%25%40".to_owned(),
            1 => "%00".to_owned(),
            2 => "%FF".to_owned(),
            3 => "..".to_owned(),
            4 => "%2E%2E%2F%0d%0aset-cookie:%20a=b".to_owned(),
            5 => "a".repeat(self.rng.usize(..3000)),
            6 => self.rng.u64(..).to_string(),
            7 => "BLUE%23ACCOUNT%23account-1".to_owned(),
            8 | 9 => secret.to_owned(),
            _ => format!("account-{}", self.rng.u8(..4)),
        }
    }

    fn filled(&mut self, text: &str, secret: &str) -> String {
        let mut text = text.to_owned();
        while text.contains("ID") {
            text = text.replacen("ID", &self.id(secret), 1);
        }
        let token = self.rng.choice(&self.tokens).cloned().unwrap_or_default();
        let cursor = self.rng.choice(&self.cursors).cloned().unwrap_or_default();
        text.replace("TOKEN", &token).replace("CURSOR", &cursor)
    }

    /// Most often the same, and otherwise with a byte changed, doubled, or removed.
    fn mutated(&mut self, text: String) -> Vec<u8> {
        let mut bytes = text.into_bytes();
        if bytes.is_empty() || self.rng.u8(..4) > 0 {
            return bytes;
        }
        for _ in 0..self.rng.usize(1..4) {
            let at = self.rng.usize(..bytes.len());
            match self.rng.u8(..4) {
                0 => bytes[at] = self.rng.u8(..),
                1 => bytes.insert(at, bytes[at]),
                2 => drop(bytes.split_off(at)),
                _ => bytes[at] ^= 1 << self.rng.u8(..8),
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    }

    /// `None` if the HTTP parser would refuse it.
    fn request(&mut self, tenant: &str, secret: &str) -> Option<Request<Body>> {
        let path = self.pick(&PATHS);
        let path = self.filled(path, secret);
        let path = self.mutated(path);
        let uri = Uri::try_from(path).ok()?;
        let usual = if uri.path().ends_with(['n', 't', 'w', 'h']) { "POST" } else { "GET" };
        let method = if self.rng.u8(..6) == 0 { self.pick(&METHODS) } else { usual };
        let body = self.pick(&BODIES);
        let body = self.filled(body, secret);
        let body = self.mutated(body);
        let mut request = Request::builder().method(method).uri(uri);
        if self.rng.u8(..30) > 0 {
            request = request.header("authorization", format!("Bearer {tenant}/{secret}"));
        }
        if self.rng.u8(..10) > 0 {
            request = request.header("content-type", "application/json");
        }
        for _ in 0..self.rng.usize(..3) {
            let (name, values) = HEADERS[self.rng.usize(..HEADERS.len())];
            let value = self.pick(values);
            let value = self.filled(value, secret);
            let value = self.mutated(value);
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request = request.header(HeaderName::from_static(name), value);
            }
        }
        request.body(Body::from(body)).ok()
    }

    /// Texts for later requests, including those of the other tenant.
    fn remember(&mut self, answer: &Answer) {
        if let Some(token) = answer.header("commit-token") {
            self.tokens.push(token.to_owned());
        }
        if let Some(link) = answer.header("link")
            && let Some(cursor) = link.split("after=").nth(1).and_then(|rest| rest.split(['>', '&']).next())
        {
            self.cursors.push(cursor.to_owned());
        }
    }
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    answer(router.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn no_request_is_answered_with_500_or_with_the_data_of_another_tenant() {
    let seed = std::env::var("HTTP_FUZZ").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_129);
    let mut fuzz = Fuzz { rng: Rng::with_seed(seed), tokens: Vec::new(), cursors: Vec::new() };
    let app = app();
    let router = api(&app).body_limit(4096).document().router().unwrap();
    for (tenant, secret) in SECRETS {
        let token: &'static str = format!("{tenant}/{secret}").leak();
        let client = Client::new(&router, token);
        for number in 0..4 {
            let path = format!("/accounts/account-{number}");
            client.post(&format!("{path}/open"), &[], &format!(r#"{{"owner": "{secret}"}}"#)).await;
            let done = client.post(&format!("{path}/deposit"), &[], r#"{"cents": 5}"#).await;
            fuzz.remember(&done);
        }
    }
    app.run_until_idle().await.unwrap();

    let (mut sent, mut good) = (0, 0);
    while sent < REQUESTS {
        let turn = fuzz.rng.usize(..2);
        let ((tenant, secret), (_, other)) = (SECRETS[turn], SECRETS[1 - turn]);
        let Some(request) = fuzz.request(tenant, secret) else { continue };
        sent += 1;
        let asked = format!("seed {seed}, request {sent}: {request:?}");
        let found = send(&router, request).await;
        let told = format!("{asked}\n{}: {}", found.status, text(&found));

        assert_ne!(found.status, 500, "{told}");
        assert!(found.status.is_success() || found.status.as_u16() >= 304, "{told}");
        let is_problem = found.header("content-type") == Some("application/problem+json");
        assert!(found.status.as_u16() < 400 || is_problem, "{told}");
        assert!(!text(&found).contains(other), "{told}");
        assert!(found.headers.get("set-cookie").is_none(), "{told}");
        good += usize::from(found.status.is_success());
        fuzz.remember(&found);
        if sent % 500 == 0 {
            app.run_until_idle().await.unwrap();
        }
    }
    // The generator would prove nothing if every request were refused.
    assert!(good > REQUESTS / 10, "{good} of {sent}");
}

fn text(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body))
}
