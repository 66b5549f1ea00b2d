use axum::http::Method;
use axum::{Router, body::Body};
use cqrs_core::prelude::*;
use cqrs_http::{Api, axum};

use crate::bank::{
    Account, AccountOpened, Deposit, Furnish, Open, Room, Statement, Teller, api, app, router,
};
use crate::client::Client;

#[tokio::test]
async fn nothing_is_there_that_was_not_listed() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    for path in
        ["/", "/accounts", "/accounts/1", "/accounts/1/seize", "/hotel-rooms/ritz/7/history", "/openapi.json"]
    {
        assert_eq!(bank.get(path, &[]).await.problem(), (404, "about:blank".into()), "{path}");
        assert_eq!(bank.post(path, &[], "{}").await.problem(), (404, "about:blank".into()), "{path}");
    }
    let wrong = bank.get("/accounts/1/deposit", &[]).await;
    assert_eq!((wrong.problem().0, wrong.header("allow")), (405, Some("POST")));
    let wrong = bank.send(Method::OPTIONS, "/statements/1", &[], Body::empty()).await;
    assert_eq!((wrong.problem().0, wrong.header("allow")), (405, Some("GET,HEAD")));
}

#[tokio::test]
async fn faults_are_reported_at_once() {
    let app = app();
    let api = Api::<Teller>::new(&app)
        .command_at::<Account, Open>("/accounts/{id}/act")
        .command_at::<Account, Deposit>("/accounts/{account}/act")
        .command_at::<Account, Deposit>("/accounts/{id}/act")
        .command_at::<Room, Furnish>("/rooms/{roomNumber}")
        .view_at::<Statement>("statements/{id}")
        .history_at::<Account>("/a b/{id}");
    assert_eq!(api.openapi().unwrap_err(), api.openapi().unwrap_err());
    let error = api.router().unwrap_err();
    assert_eq!(
        error.faults(),
        [
            "the path `/accounts/{account}/act` of `Deposit`: the key has no field `account`",
            "the path `/rooms/{roomNumber}` of `Furnish`: it needs `{hotel}` once, a field of the key",
            "the path `statements/{id}` of `Statement`: it does not begin with `/`",
            "the path `/a b/{id}` of `Account`: `a b` is not a segment of a path: a segment has letters, digits, `-`, `.`, `_`, `~`, or \
             is one field in braces",
            "command `Open` and command `Deposit` are both at `POST /accounts/{id}/act`; give one of them a path of its own, with \
             `…_at`",
        ]
    );
}

/// A view with a field that has the name of a parameter.
#[projection(Account, index(by_owner(owner, order)))]
#[derive(Default)]
pub struct Ranking {
    owner: String,
    order: u64,
}

#[projection(Account)]
impl Ranking {
    #[apply]
    fn opened(&mut self, event: &AccountOpened) {
        self.owner.clone_from(&event.owner);
        self.order += 1;
    }
}

#[tokio::test]
async fn a_field_that_is_called_as_a_parameter_cannot_be_listed() {
    let error = Api::<Teller>::new(&app()).query::<Ranking>().router().unwrap_err();
    assert_eq!(
        error.faults(),
        [
            "the queries of `Ranking` cannot filter by the field `order`: every list has a parameter of that name; rename the \
             field, or leave the query out"
        ]
    );
    assert!(Api::<Teller>::new(&app()).view::<Ranking>().router().is_ok());
}

#[tokio::test]
async fn a_router_may_be_nested_below_parameters_of_its_own_and_paths_may_be_chosen() {
    let app = app();
    let api = Api::<Teller>::new(&app)
        .problem_types("https://bank.example/problems/")
        .command_at::<Room, Furnish>("/rooms/{roomNumber}/of/{hotel}")
        .command_at::<Account, Open>("/rooms/{id}")
        .history::<Room>();
    let router = Router::new().nest("/branches/{id}", api.router().unwrap());
    let bank = Client::new(&router, "BANK/ada");
    let done = bank.post("/branches/9/rooms/7/of/ritz%2F%23", &[], r#"{"beds": 1, "extras": []}"#).await;
    assert_eq!(done.status, 200);
    assert_eq!(bank.post("/branches/9/rooms/7", &[], r#"{"owner": "Ada"}"#).await.status, 200);
    let history = bank.get("/branches/9/hotel-rooms/ritz%2F%23/7/history", &[]).await;
    assert_eq!(history.json()["items"][0]["version"], 1);
    let refused = bank.post("/branches/9/rooms/7", &[], r#"{"owner": "Ada"}"#).await;
    assert_eq!(refused.json()["type"], "https://bank.example/problems/open-already");
    // The extractor's refusals have the same prefix.
    let refused = Client::new(&router, "").post("/branches/9/rooms/7", &[], "{}").await;
    assert_eq!(refused.json()["type"], "https://bank.example/problems/no-token");
}

#[tokio::test]
async fn one_thing_may_have_two_paths() {
    let app = app();
    let api =
        api(&app).command_at::<Account, Deposit>("/deposits/{id}").view_at::<Statement>("/accounts/{id}");
    let bank = Client::new(&api.router().unwrap(), "BANK/ada");
    bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    assert_eq!(bank.post("/deposits/1", &[], r#"{"cents": 1}"#).await.json()["version"], 2);
}
