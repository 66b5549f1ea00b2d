//! The router behind Lambda's events, as an HTTP API and a function URL send them.
#![cfg(feature = "lambda")]
#![allow(unreachable_pub)]

#[path = "http/bank.rs"]
mod bank;

use axum::Router;
use axum::extract::Path;
use axum::routing::any;
use cqrs_http::{axum, lambda};
use lambda_http::{Context, LambdaEvent, Service};
use serde_json::{Value, json};

/// An HTTP API decodes the path. A function URL passes it on as the client has sent it.
const API: &str = "id.execute-api.us-east-1.amazonaws.com";
const OWN_DOMAIN: &str = "api.bank.example";
const FUNCTION_URL: &str = "id.lambda-url.us-east-1.on.aws";

/// An event of payload format 2.0.
fn event(domain: &str, method: &str, path: &str, query: &str, headers: &Value, body: Option<&str>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": domain,
            "domainPrefix": "id",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent" },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The status and the body with which the function answers an event.
async fn answer(router: &Router, event: Value) -> (u64, String) {
    let event = LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default());
    let answer = lambda::service(router.clone()).call(event).await.unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn events_of_lambda_are_answered_as_requests_are() {
    for (domain, path) in [(API, "/accounts/4 7/open"), (FUNCTION_URL, "/accounts/4%207/open")] {
        let app = bank::app();
        let router = bank::router(&app);
        let send = async |event: Value| {
            let (status, body) = answer(&router, event).await;
            (status, serde_json::from_str::<Value>(&body).unwrap())
        };
        let headers = json!({ "authorization": "Bearer BANK/ada", "content-type": "application/json" });
        let (status, done) =
            send(event(domain, "POST", path, "", &headers, Some(r#"{"owner": "Ada & Co"}"#))).await;
        assert_eq!((status, &done["version"]), (200, &json!(1)), "{done}");
        app.run_until_idle().await.unwrap();
        let query = "by=by_owner&owner=Ada%20%26%20Co";
        let (_, list) = send(event(domain, "GET", "/statements", query, &headers, None)).await;
        assert_eq!(list["items"][0]["key"], json!({ "id": "4 7" }));
        let (status, problem) = send(event(domain, "GET", "/statements", "", &json!({}), None)).await;
        assert_eq!((status, &problem["type"]), (401, &json!("/problems/no-token")));
    }
}

/// Answers with the id in the path.
fn ids() -> Router {
    Router::new().route("/coupons/{id}/redeem", any(|Path(id): Path<String>| async move { id }))
}

#[tokio::test]
async fn an_id_arrives_as_it_was_sent() {
    for id in [
        "50 x", "50%20x", "50%2520x", "100%", "a#b", "a+b", "a&b=c", "ü", "a\\b", "a:b@c", "a\tb", "..a",
        "%2e",
    ] {
        for domain in [API, OWN_DOMAIN] {
            let decoded = event(domain, "POST", &format!("/coupons/{id}/redeem"), "x=1", &json!({}), None);
            assert_eq!(answer(&ids(), decoded).await, (200, id.to_owned()), "{domain}");
        }
        let sent: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let sent = event(FUNCTION_URL, "POST", &format!("/coupons/{sent}/redeem"), "x=1", &json!({}), None);
        assert_eq!(answer(&ids(), sent).await, (200, id.to_owned()));
    }
    // Only a function URL can have a slash in an id.
    let sent = event(FUNCTION_URL, "POST", "/coupons/4%2F7/redeem", "", &json!({}), None);
    assert_eq!(answer(&ids(), sent).await, (200, "4/7".to_owned()));
    let decoded = event(API, "POST", "/coupons/4/7/redeem", "", &json!({}), None);
    assert_eq!(answer(&ids(), decoded).await.0, 404);
}

#[tokio::test]
async fn a_relative_path_leads_to_no_other_id() {
    for path in [
        "/coupons/7/../8/redeem",
        "/coupons/../coupons/8/redeem",
        "/coupons/./8/redeem",
        "/coupons/../redeem",
    ] {
        for domain in [API, FUNCTION_URL] {
            let (status, body) = answer(&ids(), event(domain, "POST", path, "", &json!({}), None)).await;
            assert_eq!(status, 400, "{domain} {path} {body}");
        }
    }
    for path in ["/coupons/7/%2e%2E/8/redeem", "/coupons/7/.%2e/8/redeem", "/coupons/%2E/redeem"] {
        let (status, body) = answer(&ids(), event(FUNCTION_URL, "POST", path, "", &json!({}), None)).await;
        assert_eq!(status, 400, "{path} {body}");
    }
    // A URL of the web takes a backslash for a slash.
    for domain in [API, FUNCTION_URL] {
        let sent = event(domain, "POST", "/coupons/7\\..\\8/redeem", "", &json!({}), None);
        assert_eq!(answer(&ids(), sent).await, (200, "7\\..\\8".to_owned()));
    }
}
