//! An API by HTTP on the embedded database, reached through the SDK, with faults in front of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_core::prelude::*;
use cqrs_http::axum::Router;
use cqrs_http::axum::body::{Body, to_bytes};
use cqrs_http::axum::extract::FromRequestParts;
use cqrs_http::axum::http::request::Parts;
use cqrs_http::axum::http::{HeaderMap, Request, StatusCode};
use cqrs_http::{Api, Caller, Problem};
use cqrs_tests::faults::{Fault, Faults, database};
use serde_json::{Value, json};
use tower::ServiceExt;

#[event]
pub(crate) struct CoinsAdded {
    pub(crate) cents: u64,
}

#[command]
pub(crate) struct Deposit {
    pub(crate) cents: u64,
}

#[aggregate(entity = "SAFE")]
#[derive(Default)]
pub(crate) struct Safe {}

#[aggregate]
impl Safe {
    #[command]
    fn deposit(&self, command: &Deposit) -> Result<CoinsAdded, Infallible> {
        Ok(CoinsAdded { cents: command.cents })
    }

    #[apply]
    fn deposited(&mut self, _: &CoinsAdded) {}
}

#[projection(Safe, index(by_balance(balance)))]
#[derive(Default)]
pub(crate) struct Balance {
    pub(crate) balance: u64,
}

#[projection(Safe)]
impl Balance {
    #[apply]
    fn deposited(&mut self, event: &CoinsAdded) {
        self.balance += event.cents;
    }
}

struct Teller(Tenant);

impl<S: Sync> FromRequestParts<S> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
        Tenant::new("BANK").map(Self).map_err(|error| Problem::from(&error))
    }
}

impl Caller for Teller {
    fn tenant(&self) -> &Tenant {
        &self.0
    }

    fn user(&self) -> Option<&str> {
        Some("ada")
    }
}

fn router(app: &App) -> Router {
    let api = Api::<Teller>::new(app).command::<Safe, Deposit>().view::<Balance>().query::<Balance>();
    api.history::<Safe>().router().unwrap()
}

async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn commands_views_lists_and_histories_are_there_on_the_embedded_database() {
    let (_, dynamo) = database().await;
    let app = App::builder(&dynamo).build().unwrap();
    let router = router(&app);
    let (status, headers, done) = send(&router, "POST", "/safes/1/deposit", &[], r#"{"cents": 500}"#).await;
    assert_eq!((status.as_u16(), &done["version"]), (200, &json!(1)));
    app.run_until_idle().await.unwrap();
    let token = [("commit-token", headers["commit-token"].to_str().unwrap())];
    assert_eq!(send(&router, "GET", "/balances/1", &token, "").await.2, json!({ "balance": 500 }));
    let (_, _, list) = send(&router, "GET", "/balances?by=by_balance&balance=500", &token, "").await;
    assert_eq!(list["items"][0]["key"], json!({ "id": "1" }));
    let (_, _, history) = send(&router, "GET", "/safes/1/history", &[], "").await;
    assert_eq!(history["items"][0]["events"], json!([{ "type": "CoinsAdded", "data": { "cents": 500 } }]));
}

#[tokio::test]
async fn what_the_store_cannot_do_at_present_says_when_to_come_again_and_happens_once() {
    for (fault, status) in [
        (Fault::Answer(400, "ThrottlingException"), 429),
        (Fault::Answer(500, "InternalServerError"), 503),
        (Fault::AnswerLost, 503),
        (Fault::Answer(400, "AccessDeniedException"), 503),
    ] {
        let (database, _) = database().await;
        let broken = Arc::new(AtomicBool::new(false));
        let is_broken = Arc::clone(&broken);
        let faults = Faults::new(&database, move |call| {
            if call.operation == "PutItem" && is_broken.load(Ordering::SeqCst) { fault } else { Fault::None }
        });
        let app = App::builder(faults.dynamo_without_retries()).build().unwrap();
        let router = router(&app);
        let deposit =
            || send(&router, "POST", "/safes/1/deposit", &[("idempotency-key", "k")], r#"{"cents": 500}"#);
        broken.store(true, Ordering::SeqCst);
        let (found, headers, problem) = deposit().await;
        assert_eq!(
            (found.as_u16(), headers.contains_key("retry-after")),
            (status, true),
            "{fault:?}: {problem}"
        );
        assert!(!problem.to_string().contains("Exception"), "{problem}");
        broken.store(false, Ordering::SeqCst);
        let (found, _, done) = deposit().await;
        assert_eq!((found.as_u16(), &done["version"]), (200, &json!(1)), "{fault:?}");
    }
}
