use axum::http::Method;
use cqrs_http::axum;
use serde_json::json;

use crate::bank::{app, router};
use crate::client::Client;

#[tokio::test]
async fn a_client_does_the_quickstart() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/teller-1");

    let opened = bank.post("/accounts/4711/open", &[], r#"{"owner": "Ada"}"#).await;
    assert_eq!(opened.status, 200);
    assert_eq!((opened.header("etag"), opened.header("cache-control")), (Some("\"1\""), Some("no-store")));
    assert_eq!(opened.json()["outcome"], "committed");

    let deposited = bank.post("/accounts/4711/deposit", &[], r#"{"cents": 500}"#).await;
    assert_eq!(deposited.json()["version"], 2);

    let refused = bank.post("/accounts/4711/withdraw", &[], r#"{"cents": 900}"#).await;
    assert_eq!(refused.status, 409);
    let problem = json!({
        "type": "/problems/too-little",
        "title": "Too little",
        "status": 409,
        "detail": "only 500 cents are left",
        "balance": 500,
    });
    assert_eq!(refused.json(), problem);

    let withdrawn = bank.post("/accounts/4711/withdraw", &[], r#"{"cents": 200}"#).await;
    let token = withdrawn.header("commit-token").unwrap();
    assert_eq!(withdrawn.json()["token"], token);

    // Nothing is delivered yet.
    assert_eq!(bank.get("/statements/4711", &[]).await.problem(), (404, "about:blank".into()));
    let early = bank.get("/statements/4711", &[("commit-token", token), ("prefer", "wait=0")]).await;
    assert_eq!(early.problem(), (503, "behind".into()));
    assert_eq!(early.header("retry-after"), Some("1"));
    assert_eq!((early.json()["wanted"].as_u64(), early.json()["reached"].as_u64()), (Some(3), Some(0)));

    app.run_until_idle().await.unwrap();
    let statement = bank.get("/statements/4711", &[("commit-token", token), ("prefer", "wait=5")]).await;
    assert_eq!(statement.json(), json!({ "owner": "Ada", "balance": 300, "lines": [500, -200] }));
    assert_eq!(statement.header("preference-applied"), Some("wait=5"));
    assert_eq!(statement.header("cache-control"), Some("private, no-cache"));

    // The same view is not sent again.
    let tag = statement.header("etag").unwrap();
    let same = bank.get("/statements/4711", &[("if-none-match", tag)]).await;
    assert_eq!((same.status.as_u16(), same.body.len(), same.header("etag")), (304, 0, Some(tag)));
    let head = bank.send(Method::HEAD, "/statements/4711", &[], axum::body::Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len(), head.header("etag")), (200, 0, Some(tag)));

    let history = bank.get("/accounts/4711/history", &[]).await.json();
    assert_eq!(
        history["items"][1]["events"],
        json!([{ "type": "MoneyDeposited", "data": { "cents": 500 } }])
    );
    assert_eq!(history["items"][1]["createdBy"], "teller-1");
    assert_eq!(history["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_view_is_waited_for_until_it_contains_the_commit() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/teller-1");
    let opened = bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    let token = opened.header("commit-token").unwrap().to_owned();
    let waiting = [("commit-token", token.as_str()), ("prefer", "wait=20")];
    let (statement, delivered) = tokio::join!(bank.get("/statements/1", &waiting), app.run_until_idle());
    delivered.unwrap();
    assert_eq!(statement.json()["owner"], "Ada");
    // A keyed view waits for the stream of the token.
    let owners = bank.get("/owner-accounts/Ada", &waiting).await;
    assert_eq!(owners.json()["accounts"], 1);
}
