//! The router behind Lambda's events, as an HTTP API and a function URL send them.
#![cfg(feature = "lambda")]
#![allow(unreachable_pub)]

#[path = "http/bank.rs"]
mod bank;

use cqrs_http::axum;
use serde_json::{Value, json};
use tower::ServiceExt;

/// An event of payload format 2.0.
fn event(method: &str, path: &str, query: &str, headers: &Value, body: Option<&str>) -> String {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
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
    .to_string()
}

#[tokio::test]
async fn events_of_lambda_are_answered_as_requests_are() {
    let app = bank::app();
    let router = bank::router(&app);
    let send = async |event: String| {
        let request = lambda_http::request::from_str(&event).unwrap();
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status.as_u16(), serde_json::from_slice::<Value>(&body).unwrap())
    };
    let headers = json!({ "authorization": "Bearer BANK/ada", "content-type": "application/json" });
    let (status, done) =
        send(event("POST", "/accounts/4%2F7/open", "", &headers, Some(r#"{"owner": "Ada"}"#))).await;
    assert_eq!((status, &done["version"]), (200, &json!(1)));
    app.run_until_idle().await.unwrap();
    let (_, list) = send(event("GET", "/statements", "by=by_owner&owner=Ada", &headers, None)).await;
    assert_eq!(list["items"][0]["key"], json!({ "id": "4/7" }));
    let (status, problem) = send(event("GET", "/statements", "", &json!({}), None)).await;
    assert_eq!((status, &problem["type"]), (401, &json!("/problems/no-token")));
}
