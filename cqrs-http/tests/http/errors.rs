use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use cqrs_core::app::{QueryError, ReadError};
use cqrs_core::{ExecuteError, RefusedKind, StoreError, StreamKey, TransactionError, Version};
use cqrs_http::{Problem, axum};
use serde_json::Value;

use crate::bank::AccountError;
use crate::client::answer;

/// An internal text, which no client may see.
const SECRET: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/events";

async fn told(problem: Problem) -> (StatusCode, HeaderMap, Value) {
    let answer = answer(problem.into_response()).await;
    assert!(
        !String::from_utf8_lossy(&answer.body).contains("arn:"),
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    (answer.status, answer.headers.clone(), answer.json())
}

#[tokio::test]
async fn every_error_has_its_status_and_says_nothing_of_inside() {
    let stream = || StreamKey::new("BANK#ACCOUNT", SECRET).unwrap();
    let execute = |error: ExecuteError<AccountError>| Problem::from(&error);
    let store = |error: StoreError| Problem::from(&error);
    let read = |error: ReadError| Problem::from(&error);
    for (problem, status, retry) in [
        (execute(ExecuteError::Rejected(AccountError::NotOpen)), 404, None),
        (
            execute(ExecuteError::Conflict { expected: Version::new(3), actual: Version::new(4) }),
            409,
            Some("1"),
        ),
        (execute(ExecuteError::TooLarge { bytes: 500_000, limit: 409_600 }), 413, None),
        (
            execute(ExecuteError::CommandIdTaken {
                command_id: SECRET.into(),
                stream: stream(),
                version: Version::new(1),
            }),
            422,
            None,
        ),
        (execute(ExecuteError::NotUnique { field: "email", owner: stream() }), 409, None),
        (execute(ExecuteError::Unreserved { aggregate: "Guest", field: "email" }), 503, Some("30")),
        (execute(ExecuteError::Option { option: "by", reason: "is empty".into() }), 400, None),
        (
            execute(ExecuteError::Store {
                command_id: "c".into(),
                source: StoreError::Throttled { source: SECRET.into() },
            }),
            429,
            Some("1"),
        ),
        (store(StoreError::Unavailable { source: SECRET.into() }), 503, Some("1")),
        (store(StoreError::Denied { source: SECRET.into() }), 503, Some("30")),
        (store(StoreError::refused(RefusedKind::Other, SECRET)), 500, None),
        (store(StoreError::refused(RefusedKind::Data, SECRET)), 422, None),
        (store(StoreError::refused(RefusedKind::Unsupported, SECRET)), 501, None),
        (store(StoreError::TooLarge { bytes: 500_000, limit: 409_600 }), 413, None),
        (read(ReadError::NotStored { stream: stream(), version: Version::new(1) }), 400, None),
        (Problem::from(&QueryError::Cursor { view: "Statement", by: "by_key" }), 400, None),
        (Problem::from(&TransactionError::Empty), 500, None),
        (
            Problem::from(&TransactionError::NotUnique { stream: stream(), field: "email", owner: stream() }),
            409,
            None,
        ),
    ] {
        let shown = format!("{problem:?}");
        let (found, headers, body) = told(problem).await;
        assert_eq!(found.as_u16(), status, "{shown}");
        assert_eq!(headers.get("retry-after").map(|value| value.to_str().unwrap()), retry, "{shown}");
        if status == 500 {
            assert_eq!(
                body,
                serde_json::json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 })
            );
        }
    }
}

#[tokio::test]
async fn members_cannot_replace_those_of_the_rfc_and_a_long_detail_is_cut() {
    let problem = Problem::new(StatusCode::CONFLICT).of_type("x-y").detail("d".repeat(5000));
    let (_, _, body) = told(problem.member("status", 200).member("type", "z").member("left", 3)).await;
    assert_eq!(
        (&body["status"], &body["type"], &body["left"]),
        (&409.into(), &"/problems/x-y".into(), &3.into())
    );
    assert!(body["detail"].as_str().unwrap().len() < 600);
    assert_eq!(body["title"], "X y");
}
