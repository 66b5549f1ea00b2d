//! Two APIs for different callers, below one root.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::get;
use cqrs_core::Tenant;
use cqrs_http::{Api, Caller, Problem, axum};

use crate::bank::{Account, Deposit, Open, Statement, Teller, app};
use crate::client::Client;

/// Its refusals say more than a problem does: the cookie of a session that is over is taken back.
pub struct Customer(Tenant);

type Refusal = (StatusCode, [(HeaderName, HeaderValue); 1], Problem);

impl<S: Sync> FromRequestParts<S> for Customer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match token {
            Some("Bearer customer") => Ok(Self(Tenant::new("BANK").unwrap())),
            _ => {
                let over = (header::SET_COOKIE, HeaderValue::from_static("session=; Max-Age=0"));
                let problem = Problem::unauthorized("the session is over").of_type("session-over");
                Err((StatusCode::FORBIDDEN, [over], problem))
            }
        }
    }
}

impl Caller for Customer {
    fn tenant(&self) -> &Tenant {
        &self.0
    }

    fn user(&self) -> Option<&str> {
        Some("customer")
    }
}

#[tokio::test]
async fn two_apis_are_served_side_by_side_each_for_its_own_callers() {
    let app = app();
    let staff = Api::<Teller>::new(&app).command::<Account, Open>().command::<Account, Deposit>().document();
    let customers = Api::<Customer>::new(&app)
        .problem_types("https://bank.example/problems/")
        .body_limit(16)
        .view::<Statement>()
        .view_at::<Statement>("/accounts/{id}/deposit");
    // Routes of your own may be beside them.
    let router = staff.merge(customers).router().unwrap().route("/health", get(|| async { "well" }));
    let (teller, customer) = (Client::new(&router, "BANK/ada"), Client::new(&router, "customer"));
    assert_eq!(
        teller.post("/accounts/1/open", &[], r#"{"owner": "Ada, and many others"}"#).await.status,
        200
    );
    app.run_until_idle().await.unwrap();
    assert_eq!(customer.get("/statements/1", &[]).await.json()["owner"], "Ada, and many others");
    // One path, and each method has its own callers.
    assert_eq!(customer.get("/accounts/1/deposit", &[]).await.status, 200);
    assert_eq!(teller.get("/accounts/1/deposit", &[]).await.problem(), (403, "session-over".into()));
    assert_eq!(customer.post("/accounts/1/deposit", &[], "{}").await.problem(), (401, "no-token".into()));
    let refused = teller.get("/statements/1", &[]).await;
    assert_eq!(refused.json()["type"], "https://bank.example/problems/session-over");
    for client in [&teller, &customer] {
        assert_eq!(client.get("/nothing", &[]).await.problem(), (404, "about:blank".into()));
        assert_eq!(client.post("/statements/1", &[], "{}").await.problem(), (405, "about:blank".into()));
    }
    let document = teller.get("/openapi.json", &[]).await.json();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(paths, ["/accounts/{id}/deposit", "/accounts/{id}/open"]);
}

#[tokio::test]
async fn what_is_in_two_apis_at_one_path_is_a_fault() {
    let app = app();
    let staff = Api::<Teller>::new(&app).view::<Statement>().document();
    let customers =
        Api::<Customer>::new(&app).view::<Statement>().history_at::<Account>("history").document();
    let error = staff.merge(customers).router().unwrap_err();
    assert_eq!(
        error.faults(),
        [
            "the path `history` of `Account`: it does not begin with `/`",
            "2 OpenAPI documents are at `GET /openapi.json`; serve one of them there, and what `openapi()` returns for the others on \
             routes of your own",
            "the views of `Statement` and the views of `Statement` are both at `GET /statements/{id}`; give one of them a path of its own, with `…_at`",
        ]
    );
}

#[tokio::test]
async fn the_refusal_of_an_extractor_keeps_its_status_and_its_headers() {
    let api =
        Api::<Customer>::new(&app()).problem_types("https://bank.example/problems/").view::<Statement>();
    let refused = Client::new(&api.router().unwrap(), "").get("/statements/1", &[]).await;
    assert_eq!(refused.problem(), (403, "session-over".into()));
    assert_eq!(refused.json()["type"], "https://bank.example/problems/session-over");
    assert_eq!(refused.header("set-cookie"), Some("session=; Max-Age=0"));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
}
