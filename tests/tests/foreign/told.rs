use cqrs_core::contract::{Info, Integers};
use cqrs_http::axum::Router;
use cqrs_http::axum::body::{Body, to_bytes};
use cqrs_http::axum::extract::FromRequestParts;
use cqrs_http::axum::http::Request;
use cqrs_http::axum::http::request::Parts;
use cqrs_http::{Api, Caller, Problem};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

/// The properties of what is called so, wherever in a document it is.
fn properties<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Object(members) = document else { return None };
    let of = |schema: &'a Value| schema.get("properties").or_else(|| schema.pointer("/allOf/0/properties"));
    let here = members.get(name).and_then(of);
    here.or_else(|| members.values().find_map(|inner| properties(inner, name)))
}

#[track_caller]
fn check_formats(document: &Value, name: &str) {
    let properties = properties(document, name).unwrap_or_else(|| panic!("{name} is not in {document:#}"));
    for (field, kind, format) in [
        ("guest", json!("string"), json!("uuid")),
        ("price", json!("string"), json!("decimal")),
        ("at", json!("string"), json!("date-time")),
        ("door", json!("string"), Value::Null),
        ("arrival", json!(["string", "null"]), Value::Null),
    ] {
        assert_eq!((&properties[field]["type"], &properties[field]["format"]), (&kind, &format), "{field}");
    }
    if let Some(refunds) = properties.get("refunds") {
        assert_eq!(refunds["propertyNames"]["format"], "date");
        assert_eq!(refunds["additionalProperties"]["format"], "decimal");
    }
}

#[tokio::test]
async fn contracts_tell_their_formats() {
    let (_, app) = database().await;
    let contracts = app.contracts();
    let document = contracts.json_schemas();
    for name in ["Booked", "Book", "Line"] {
        check_formats(&document, name);
    }
    check_formats(&contracts.asyncapi(&Info::new("Stays", "1")), "Booked");
    let module = contracts.typescript(Integers::Number);
    let booked = "export type Booked = { code: string; guest: string; price: string; at: string; door: string; \
                  arrival?: string | null; refunds: { [key: string]: string } };";
    assert!(module.contains(booked), "{module}");
}

struct Clerk(Tenant);

impl<S: Sync> FromRequestParts<S> for Clerk {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(tenant()))
    }
}

impl Caller for Clerk {
    fn tenant(&self) -> &Tenant {
        &self.0
    }

    fn user(&self) -> Option<&str> {
        None
    }
}

async fn send(router: &Router, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn an_api_takes_and_describes_them() {
    let (_, app) = database().await;
    let api = Api::<Clerk>::new(&app).command::<Stay, Book>().view::<Line>().query::<Line>().document();
    let router = api.router().unwrap();
    let (_, document) = send(&router, "GET", "/openapi.json", "").await;
    for name in ["Book", "Line"] {
        check_formats(&document, name);
    }

    let command = serde_json::to_string(&book(1, "12.50", "2024-01-01T10:00:00.5Z")).unwrap();
    let (status, done) = send(&router, "POST", &format!("/stays/{HOTEL}/2024-01-31/book"), &command).await;
    assert_eq!(status, 200, "{done}");
    let wrong = format!("/stays/{HOTEL}/2024-02-30/book");
    let (status, problem) = send(&router, "POST", &wrong, &command).await;
    assert!((400..500).contains(&status), "{problem}");

    app.run_until_idle().await.unwrap();
    let (status, list) =
        send(&router, "GET", &format!("/lines?by=by_price&guest={GUEST}&price.from=-1.0&price.to=12.51"), "")
            .await;
    assert_eq!((status, &list["items"][0]["view"]["price"]), (200, &json!("12.50")), "{list}");
    let (_, list) =
        send(&router, "GET", &format!("/lines?by=by_time&guest={GUEST}&at.from=2024-01-01T10:00:00.51Z"), "")
            .await;
    assert_eq!(list["items"], json!([]));
    let (status, _) =
        send(&router, "GET", &format!("/lines?by=by_time&guest={GUEST}&at.from=soon"), "").await;
    assert_eq!(status, 400);
}
