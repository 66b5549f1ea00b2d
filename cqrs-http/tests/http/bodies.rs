use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use cqrs_http::axum;
use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::bank::{api, app, router};
use crate::client::Client;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_wrong_field_is_named_by_its_path() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    for (body, detail, pointer) in [
        (r#"{}"#, "`beds`: missing field `beds`", "#/beds"),
        (r#"{"beds": 256, "extras": []}"#, "`beds`: invalid value: integer `256`, expected u8", "#/beds"),
        (
            r#"{"beds": 1, "extras": ["sofa", {"desk": {"width": "x"}}]}"#,
            "`extras[1].desk.width`: invalid type: string \"x\", expected u32",
            "#/extras/1/desk/width",
        ),
        (r#"{"beds": 1, "extras": [], "bed": 2}"#, "`bed`: there is no such field", "#/bed"),
        (
            r#"{"beds": 1, "extras": ["sofa", {"desk": {"width": 1, "a/b": 2}}]}"#,
            "`extras[1].desk.a/b`: there is no such field",
            "#/extras/1/desk/a~1b",
        ),
        (r#"{"beds": 1, "extras": [], "a.b": 2}"#, "`a.b`: there is no such field", "#/a.b"),
        ("[1, []]", "a command is an object with its fields by name", "#"),
    ] {
        let refused = bank.post("/hotel-rooms/ritz/7/furnish", &[], body).await;
        let problem = refused.json();
        assert_eq!(problem["detail"], detail, "{body}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
        assert_eq!(refused.problem(), (400, "wrong-field".into()), "{body}");
    }
    for body in ["", " ", "{", "{\"beds\": 1, \"extras\": []} x", "nonsense"] {
        let refused = bank.post("/hotel-rooms/ritz/7/furnish", &[], body).await;
        assert_eq!(refused.status, 400, "{body:?}");
    }
    // A long name that the client sent is not sent back.
    let long = format!("{{\"beds\": 1, \"extras\": [], \"{}\": 2}}", "k".repeat(5000));
    let problem = bank.post("/hotel-rooms/ritz/7/furnish", &[], &long).await.json();
    assert_eq!(
        (&problem["detail"], &problem["errors"][0]["pointer"]),
        (&json!("there is no such field"), &json!("#"))
    );
    let deep = format!("{{\"beds\": 1, \"extras\": {}", "[".repeat(100_000));
    let refused = bank.post("/hotel-rooms/ritz/7/furnish", &[], &deep).await;
    assert_eq!(refused.status, 400);

    let wrong = bank.post("/hotel-rooms/ritz/seven/furnish", &[], r#"{"beds": 1, "extras": []}"#).await;
    assert_eq!(wrong.problem(), (400, "wrong-key".into()));
    let right = bank.post("/hotel-rooms/ritz/7/furnish", &[], r#"{"beds": 1, "extras": ["sofa"]}"#).await;
    assert_eq!(right.status, 200);
}

#[tokio::test]
async fn a_body_is_json_and_not_too_large() {
    let app = app();
    let bank = Client::new(&router(&app), "BANK/ada");
    let open = |headers: &'static [(&str, &str)], body: &'static str| {
        bank.send(Method::POST, "/accounts/1/open", headers, Body::from(body))
    };
    let good = r#"{"owner": "Ada"}"#;
    assert_eq!(open(&[], good).await.problem(), (415, "about:blank".into()));
    assert_eq!(open(&[("content-type", "text/plain")], good).await.problem(), (415, "about:blank".into()));
    assert_eq!(open(&[("content-type", "application/vnd.bank+json; charset=utf-8")], good).await.status, 200);

    // An empty body may come without a type, but not with a type that a form of another site has.
    assert_eq!(open(&[], "").await.problem(), (400, "wrong-field".into()));
    assert_eq!(open(&[JSON], "").await.problem(), (400, "wrong-field".into()));
    assert_eq!(open(&[("content-type", "text/plain")], "").await.problem(), (415, "about:blank".into()));

    let small = Client::new(&api(&app).body_limit(64).router().unwrap(), "BANK/ada");
    let large = format!("{{\"owner\": \"{}\"}}", "a".repeat(64));
    assert_eq!(small.post("/accounts/2/open", &[], &large).await.problem(), (413, "about:blank".into()));
    // Refused by its declared length before anything is read, and by what arrives, whatever it declares.
    let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let announced =
        small.send(Method::POST, "/accounts/2/open", &[JSON, ("content-length", "65")], never).await;
    assert_eq!((announced.status.as_u16(), announced.json()["limit"].as_u64()), (413, Some(64)));
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(b"      ")));
    let flooded = small.send(Method::POST, "/accounts/2/open", &[JSON], Body::from_stream(endless)).await;
    assert_eq!(flooded.status, 413);
    let fitting = small.post("/accounts/2/open", &[], r#"{"owner": "Ada"}"#).await;
    assert_eq!(fitting.json()["version"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_given_up() {
    let app = app();
    let api = api(&app).body_time_limit(Duration::from_secs(3));
    let bank = Client::new(&api.router().unwrap(), "BANK/ada");
    let trickle = stream::iter(*b"{\"owner\": \"Ada\"}").then(|byte| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, Infallible>(Bytes::copy_from_slice(&[byte]))
    });
    let started = tokio::time::Instant::now();
    let given_up = bank.send(Method::POST, "/accounts/1/open", &[JSON], Body::from_stream(trickle)).await;
    assert_eq!(given_up.problem(), (408, "about:blank".into()));
    assert_eq!(started.elapsed(), Duration::from_secs(3));
    assert_eq!(given_up.header("connection"), Some("close"));

    let chunks =
        [&b"{\"owner\""[..], b": \"A", b"da\"}"].map(|part| Ok::<_, Infallible>(Bytes::from_static(part)));
    let done =
        bank.send(Method::POST, "/accounts/1/open", &[JSON], Body::from_stream(stream::iter(chunks))).await;
    assert_eq!(done.json()["version"], json!(1));
}
