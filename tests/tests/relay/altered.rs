//! Commits are never changed. If one was overwritten or deleted, every relay reports it, and continues.

use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_dynamo::lambda::RelayFunction;
use cqrs_dynamo::{Dynamo, Relay};
use serde_json::{Value, json};

use crate::requests::Answer;
use crate::topic::Topic;
use crate::{database, deposits};

/// Two commits of an account are written over and deleted.
async fn alter(dynamo: &Dynamo, pk: &str) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let events = &dynamo.tables().events;
    let put = dynamo.client().put_item().table_name(events).item("pk", text(pk));
    put.item("sk", text("ACCOUNT#1@0000000002")).item("note", text("forged")).send().await.unwrap();
    let delete = dynamo.client().delete_item().table_name(events).key("pk", text(pk));
    delete.key("sk", text("ACCOUNT#1@0000000003")).send().await.unwrap();
}

/// The same with an item that is no commit.
async fn alter_another(dynamo: &Dynamo, pk: &str) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let events = &dynamo.tables().events;
    let client = dynamo.client();
    for note in ["1", "2"] {
        let put = client.put_item().table_name(events).item("pk", text(pk)).item("sk", text("SETTINGS"));
        put.item("note", text(note)).send().await.unwrap();
    }
    let delete = client.delete_item().table_name(events).key("pk", text(pk)).key("sk", text("SETTINGS"));
    delete.send().await.unwrap();
}

/// For each letter about an altered commit, its key and what happened.
async fn alarms(app: &App) -> Vec<(String, String)> {
    let letters = app.dead_letters().of("@relay").await.unwrap();
    let altered = letters.into_iter().filter(|letter| letter.record["alteration"].is_string());
    altered.map(|letter| (letter.record["sk"].as_str().unwrap().to_owned(), letter.reason)).collect()
}

async fn pk_of(dynamo: &Dynamo) -> String {
    let scanned = dynamo.client().scan().table_name(&dynamo.tables().events).send().await.unwrap();
    scanned.items()[0]["pk"].as_s().unwrap().clone()
}

fn are_named(alarms: &[(String, String)], pk: &str) {
    let [(first, overwritten), (second, removed)] = alarms else { panic!("{alarms:?}") };
    assert_eq!((&**first, &**second), ("ACCOUNT#1@0000000002", "ACCOUNT#1@0000000003"));
    let said = |version: u64, sk: &str, what: &str| {
        format!("commit {version} of `{pk}` / `{sk}` was {what} in the events table")
    };
    assert!(overwritten.starts_with(&said(2, first, "overwritten")), "{overwritten}");
    assert!(removed.starts_with(&said(3, second, "removed")), "{removed}");
}

#[tokio::test]
async fn the_relay_in_process_keeps_a_letter_for_each_altered_commit_and_continues() {
    let (_, dynamo, _) = database().await;
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build().unwrap();
    deposits(&app, &["1"], 3).await;
    app.run_until_idle().await.unwrap();
    let pk = pk_of(&dynamo).await;
    alter(&dynamo, &pk).await;
    alter_another(&dynamo, &pk).await;
    deposits(&app, &["2"], 1).await;
    app.run_until_idle().await.unwrap();
    are_named(&alarms(&app).await, &pk);
    // They are not commits, so a redrive leaves them where they are.
    app.dead_letters().redrive("@relay").await.unwrap();
    are_named(&alarms(&app).await, &pk);
}

#[tokio::test]
async fn the_relay_to_a_topic_keeps_a_letter_for_each_altered_commit_and_continues() {
    let (_, dynamo, app) = database().await;
    deposits(&app, &["1"], 3).await;
    let pk = pk_of(&dynamo).await;
    alter(&dynamo, &pk).await;
    deposits(&app, &["2"], 1).await;
    let topic = Topic::standard().await;
    let (publisher, requests) = topic.publisher_with(|_| Answer::Through);
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    are_named(&alarms(&app).await, &pk);
    let arrived = requests.arrived();
    assert!(arrived.contains(&"ACCOUNT#2@0000000001".to_owned()), "{arrived:?}");
}

#[tokio::test]
async fn the_relay_function_keeps_a_letter_for_each_altered_commit_and_continues() {
    let (_, _, app) = database().await;
    let record = |number: u64, name: &str, sk: &str, image: Value| {
        json!({
            "awsRegion": "eu-central-1", "eventID": number.to_string(), "eventName": name, "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": { "pk": { "S": "T#ACCOUNT" }, "sk": { "S": sk } }, "NewImage": image,
                "ApproximateCreationDateTime": 1_700_000_000, "SequenceNumber": number.to_string(),
                "SizeBytes": 1, "StreamViewType": "NEW_IMAGE",
            },
        })
    };
    let image =
        |sk: &str| json!({ "pk": { "S": "T#ACCOUNT" }, "sk": { "S": sk }, "note": { "S": "forged" } });
    let event: Event = serde_json::from_value(json!({ "Records": [
        record(1, "MODIFY", "ACCOUNT#1@0000000002", image("ACCOUNT#1@0000000002")),
        record(2, "REMOVE", "ACCOUNT#1@0000000003", json!({})),
        record(3, "MODIFY", "SETTINGS", image("SETTINGS")),
        record(4, "REMOVE", "SETTINGS", json!({})),
    ] }))
    .unwrap();
    let topic = Topic::standard().await;
    let (publisher, _) = topic.publisher_with(|_| Answer::Through);
    let answer = RelayFunction::new(&app, publisher).answer(event).await;
    assert!(answer.batch_item_failures.is_empty());
    are_named(&alarms(&app).await, "T#ACCOUNT");
}
