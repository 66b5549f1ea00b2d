//! Items that are not commits or views: every reader stops at them, and names the item.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::store::record::Record;
use cqrs_core::view::{Fence, StoredView, ViewStore};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, AccountEvent, Deposited, Opened, Statement, deposit};
use cqrs_tests::raw;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

const ATTRIBUTES: [&str; 7] =
    ["version", "type", "schema", "data", "createdAt", "commandId", "correlationId"];

/// The account whose second commit is damaged; a third one follows it.
fn key() -> bank::AccountKey {
    bank::account("1")
}

fn deposited(version: u64) -> Record {
    raw::record(&key(), version, &Deposited { owner: "Ada".into(), cents: 5, note: String::new() })
}

fn without(name: &str) -> Record {
    let mut record = deposited(2);
    record.remove(name).unwrap();
    record
}

fn with(name: &str, value: Value) -> Record {
    let mut record = deposited(2);
    record.insert(name.to_owned(), value);
    record
}

/// The errors of three readers about a stream whose second item is `second`.
struct Said([String; 3]);

impl Said {
    async fn about(second: Record) -> Self {
        Self::about_with(second, []).await
    }

    async fn about_with<const N: usize>(second: Record, more: [(&str, AttributeValue); N]) -> Self {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        raw::put(&dynamo, raw::record(&key(), 1, &Opened { owner: "Ada".into() })).await;
        raw::put_with(&dynamo, second, more).await;
        raw::put(&dynamo, deposited(3)).await;
        Self::of(&dynamo).await
    }

    async fn of(dynamo: &Dynamo) -> Self {
        let app = bank::app(dynamo.event_store()).unwrap();
        let load = app.load(&key()).await.unwrap_err();
        let execute = app.execute(&key(), deposit(1)).await.unwrap_err();
        assert!(matches!(execute, ExecuteError::Store { .. }), "{execute:?}");
        let mut history = app.history(&key());
        let error = loop {
            match history.next().await {
                Some(Ok(recorded)) => assert_eq!(recorded.version(), Version::new(1), "{recorded:?}"),
                Some(Err(error)) => break error,
                None => panic!("the history ends as if nothing were there"),
            }
        };
        assert!(history.next().await.is_none(), "it ends with its error");
        Self([
            cqrs_core::causes::chain(&load),
            cqrs_core::causes::chain(&execute),
            cqrs_core::causes::chain(&error),
        ])
    }

    fn all_say(&self, context: &str, parts: &[&str]) {
        for said in &self.0 {
            for part in parts {
                assert!(said.contains(part), "{context}: `{part}` is not in `{said}`");
            }
        }
    }
}

/// How an error names the second item.
fn item(version: &str, name: &str) -> String {
    format!("item at pk `BANK#ACCOUNT`, sk `ACCOUNT#1@0000000002` (version {version}, type {name})")
}

/// The fault of an item without this attribute, or with a wrong one.
fn item_at_fault_in(attribute: &str) -> String {
    match attribute {
        "version" => item("unknown", "Deposited"),
        "type" => item("2", "unknown"),
        _ => item("2", "Deposited"),
    }
}

#[tokio::test]
async fn a_missing_attribute_is_named_with_the_item() {
    for name in ATTRIBUTES {
        let said = Said::about(without(name)).await;
        said.all_say(name, &[&item_at_fault_in(name), &format!("`{name}` is missing")]);
    }
}

#[tokio::test]
async fn an_attribute_of_another_kind_is_named_with_the_item() {
    for name in ATTRIBUTES.into_iter().filter(|name| *name != "data") {
        for value in [json!(true), json!(null), json!([1]), json!({ "a": 1 }), json!(-1)] {
            let said = Said::about(with(name, value.clone())).await;
            said.all_say(
                &format!("{name}: {value}"),
                &[&item_at_fault_in(name), &format!("`{name}` is not a")],
            );
        }
    }
    for name in ["createdBy", "causationId", "traceContext"] {
        let said = Said::about(with(name, json!(7))).await;
        said.all_say(name, &[&item("2", "Deposited"), &format!("`{name}` is not a string")]);
    }
    let said = Said::about(with("createdAt", json!("yesterday"))).await;
    said.all_say("createdAt", &[&item("2", "Deposited"), "`createdAt`", "yesterday"]);
}

#[tokio::test]
async fn an_attribute_that_is_no_json_is_named_with_the_item() {
    for name in ["data", "createdAt"] {
        let binary = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"x"));
        let said = Said::about_with(without(name), [(name, binary)]).await;
        said.all_say(name, &[&item("2", "Deposited"), &format!("`{name}` is a binary")]);
    }
}

#[tokio::test]
async fn a_version_that_is_not_the_sort_keys_is_refused() {
    for version in [1, 3, 0] {
        let said = Said::about(with("version", json!(version))).await;
        let item = item(&version.to_string(), "Deposited");
        said.all_say("version", &[&item, &format!("`version` is {version}, and the sort key says 2")]);
    }
}

#[tokio::test]
async fn a_gap_in_the_versions_is_refused() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    raw::put(&dynamo, raw::record(&key(), 1, &Opened { owner: "Ada".into() })).await;
    raw::put(&dynamo, deposited(3)).await;
    let item = "sk `ACCOUNT#1@0000000003` (version 3, type Deposited)";
    Said::of(&dynamo).await.all_say("gap", &["pk `BANK#ACCOUNT`", item, "version 2 is missing"]);
}

#[tokio::test]
async fn a_stream_that_begins_late_is_refused() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    raw::put(&dynamo, deposited(2)).await;
    Said::of(&dynamo).await.all_say("start", &[&item("2", "Deposited"), "version 1 is missing"]);
}

#[tokio::test]
async fn an_event_that_this_program_cannot_decode_is_named_with_its_place() {
    let place = "BANK#ACCOUNT ACCOUNT#1 at version 2, event 0: ";
    for (attribute, value, parts) in [
        ("type", json!("Ghost"), ["`Ghost` (schema 1)", "no `#[apply]` method of `Account` takes this type"]),
        ("schema", json!(7), ["`Deposited` (schema 7)", "this program knows it up to schema 1"]),
        ("data", json!({ "owner": "Ada", "note": "" }), ["`Deposited` (schema 1)", "missing field `cents`"]),
        ("data", json!("text"), ["`Deposited` (schema 1)", "invalid type"]),
        ("data", json!(null), ["`Deposited` (schema 1)", "invalid type"]),
        ("data", json!([]), ["`Deposited` (schema 1)", "invalid"]),
    ] {
        let said = Said::about(with(attribute, value)).await;
        said.all_say(attribute, &[&[place][..], &parts[..]].concat());
    }
}

#[tokio::test]
async fn further_events_that_cannot_be_read_are_named_with_their_place() {
    for (rest, reason) in [
        (json!({}), "`rest` is not a list"),
        (json!(["text"]), "`rest[0]` is not a map"),
        (json!([{ "schema": 1, "data": {} }]), "`rest[0]`: `type` is missing"),
        (json!([{ "type": "Deposited", "data": {} }]), "`rest[0]`: `schema` is missing"),
        (json!([{ "type": "Deposited", "schema": 1 }]), "`rest[0]`: `data` is missing"),
        (json!([{ "type": "Deposited", "schema": "1", "data": {} }]), "`rest[0]`: `schema` is not a"),
    ] {
        let said = Said::about(with("rest", rest)).await;
        said.all_say(reason, &[&item("2", "Deposited"), reason]);
    }
    let said = Said::about(with("rest", json!([{ "type": "Ghost", "schema": 1, "data": {} }]))).await;
    said.all_say("rest", &["ACCOUNT#1 at version 2, event 1: `Ghost` (schema 1)"]);
}

#[tokio::test]
async fn what_stands_before_the_fault_can_be_read() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    raw::put(&dynamo, raw::record(&key(), 1, &Opened { owner: "Ada".into() })).await;
    raw::put(&dynamo, without("data")).await;
    let app = bank::app(dynamo.event_store()).unwrap();
    assert_eq!(app.load_version(&key(), Version::new(1)).await.unwrap().state.owner, "Ada");
    assert!(app.load_version(&key(), Version::new(2)).await.is_err());
}

#[tokio::test]
async fn attributes_of_others_are_left_alone() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    raw::put(&dynamo, raw::record(&key(), 1, &Opened { owner: "Ada".into() })).await;
    let photo = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"x"));
    raw::put_with(&dynamo, with("ttl", json!(1)), [("photo", photo)]).await;
    let app = bank::app(dynamo.event_store()).unwrap();
    let log: Vec<_> = app.history(&key()).try_collect().await.unwrap();
    assert!(matches!(log[1].event(), AccountEvent::Deposited(event) if event.cents == 5));
}

/// The attributes of a view, and the kind that a reader expects.
const OF_VIEWS: [(&str, &str); 4] = [
    ("version", "a whole number"),
    ("build", "a whole number"),
    ("updatedAt", "a string"),
    ("fingerprint", "a string"),
];

#[tokio::test]
async fn a_view_of_another_form_is_named_with_its_item_by_all_who_read_it() {
    let id = ViewId::of::<Statement>(&key()).unwrap();
    let view = StoredView::new(id.clone(), Version::new(1), json!({ "lines": [] }), Timestamp::now());
    for (name, wanted) in OF_VIEWS {
        let mut record = view.record();
        record.insert(name.to_owned(), json!([7]));
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        raw::put_view(&dynamo, record, []).await;
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).build().unwrap();
        let read = app.view::<Statement>(&key()).await.unwrap_err();
        let listed = app.views::<Statement>(&bank::tenant()).try_next().await.unwrap_err();
        let queried = app.query::<Statement>(&bank::tenant()).await.unwrap_err();
        for said in [
            cqrs_core::causes::chain(&read),
            cqrs_core::causes::chain(&listed),
            cqrs_core::causes::chain(&queried),
        ] {
            let item = format!("item at pk `{}`, sk `{}`", id.pk, id.sk);
            assert!(said.contains(&item) && said.contains(&format!("`{name}` is not {wanted}")), "{said}");
        }
    }
}

#[tokio::test]
async fn what_is_missing_in_a_view_or_a_fence_or_is_no_json_is_named() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let id = ViewId::new("BANK#STATEMENT", "STATEMENT#1");
    let view = StoredView::new(id.clone(), Version::new(1), json!({}), Timestamp::now());
    for name in ["version", "data", "updatedAt"] {
        let mut record = view.record();
        record.remove(name).unwrap();
        raw::put_view(&dynamo, record.clone(), []).await;
        let said = cqrs_core::causes::chain(&dynamo.views().get(&id).await.unwrap_err());
        assert!(said.contains(&format!("`{name}` is missing")), "{said}");
        let binary = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"x"));
        raw::put_view(&dynamo, record, [(name, binary)]).await;
        let said = cqrs_core::causes::chain(&dynamo.views().get(&id).await.unwrap_err());
        assert!(said.contains(&format!("`{name}` is a binary")), "{said}");
    }
    let mut fence = Fence::none(id.clone()).record();
    fence.insert("version".to_owned(), json!("1"));
    raw::put_view(&dynamo, fence, []).await;
    let said = cqrs_core::causes::chain(&dynamo.views().fence(&id).await.unwrap_err());
    assert!(said.contains("sk `STATEMENT#1`") && said.contains("`version` is not a whole number"), "{said}");
}

#[tokio::test]
async fn attributes_of_others_in_a_view_are_left_alone() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let view = StoredView::new(
        ViewId::new("BANK#STATEMENT", "STATEMENT#1"),
        Version::new(1),
        json!({ "lines": [] }),
        Timestamp::now(),
    );
    let photo = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"x"));
    raw::put_view(&dynamo, view.record(), [("photo", photo)]).await;
    assert_eq!(dynamo.views().get(&view.id).await.unwrap(), Some(view));
}
