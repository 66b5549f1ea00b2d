use std::sync::Arc;

use cqrs_core::contract::Info;
use cqrs_core::delivery::Message;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::{EventStore, ExecuteError};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::world::{SHAPES, Tell, WorldKey};
use crate::{app, check, contracts, samples};

fn document() -> Value {
    contracts()
        .asyncapi(&Info::new("House", "1.4.0").description("Houses, bought and sold.").topic("house-commits"))
}

/// The validator finds neither errors nor warnings, even in a document without an address.
#[test]
fn the_official_parser_takes_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, bare) = (folder.path().join("whole.json"), folder.path().join("bare.json"));
    std::fs::write(&whole, document().to_string()).unwrap();
    std::fs::write(&bare, contracts().asyncapi(&Info::new("House", "0.1.0")).to_string()).unwrap();
    let told = check("asyncapi", &[&whole, &bare]);
    for message in ["HouseCommit", "WorldCommit", "CommitReference"] {
        assert!(told.contains(&format!("message {message}:")), "{told}");
    }
}

/// Modelina 5.10.1 forgets a choice inside an `allOf`, and the fields of the first event with it.
#[test]
fn a_generator_of_types_finds_the_first_event_of_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.json");
    std::fs::write(&file, document().to_string()).unwrap();
    let told = check("models", &[&file]);
    let commit = told.split("\n\n").find(|model| model.starts_with("type HouseCommit = "));
    let commit = commit.unwrap_or_else(|| panic!("{told}"));
    let cases = commit.trim_start_matches("type HouseCommit = ").trim_end_matches(';').split(" | ");
    for case in cases {
        let start = format!("interface {case} {{");
        let fields = told.split("\n\n").find(|model| model.starts_with(&start));
        let fields = fields.unwrap_or_else(|| panic!("no {case}: {told}"));
        for field in ["pk: string", "schema: number", "data: ", "rest?: "] {
            assert!(fields.contains(field), "{case} has no {field}: {fields}");
        }
    }
}

/// The schema of a message, on its own.
fn payload(message: &str) -> jsonschema::Validator {
    let document = document();
    let schema = json!({ "$ref": document["components"]["messages"][message]["payload"]["$ref"], "components": document["components"] });
    jsonschema::draft7::new(&schema).unwrap()
}

/// The messages of commits with events of all shapes, as far as the store takes them.
#[tokio::test]
async fn what_the_relay_publishes_matches_the_payload() {
    let store = MemoryEventStore::new();
    let app = app(store.clone());
    let key = WorldKey::new(&Tenant::new("T").unwrap(), "1");
    for seed in 0..4 {
        for (_, draw) in SHAPES {
            let drawn = move || {
                let mut rng = Rng::with_seed(seed);
                (0..2).map(|_| draw(&mut rng)).collect()
            };
            match app.execute(&key, Tell(Arc::new(drawn))).by("user").await {
                // Values that JSON or DynamoDB cannot hold.
                Ok(_) | Err(ExecuteError::Store { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    let page = store.read(&key.stream().unwrap(), Version::NONE, Version::MAX).await.unwrap();
    let validator = payload("WorldCommit");
    assert!(page.commits.len() > 200, "only {}", page.commits.len());
    for commit in &page.commits {
        let message = Message::of(&app, commit);
        let body: Value = serde_json::from_str(&message.body).unwrap();
        if let Err(error) = validator.validate(&body) {
            panic!("{body}: {error}");
        }
    }
}

#[test]
fn an_event_is_identified_by_its_type_and_its_schema() {
    let events = samples(3);
    let validator = payload("WorldCommit");
    for (name, values) in &events {
        // As the record of a commit has them: the first event, and the others in `rest`.
        let rest: Vec<Value> =
            values[1..].iter().map(|data| json!({ "type": name, "schema": 1, "data": data })).collect();
        let body = json!({
            "pk": "T#WORLD", "sk": "WORLD#1@0000000003", "version": 3, "type": name, "schema": 1, "data": values[0],
            "rest": rest, "createdAt": "2024-01-01T10:00:00.000Z", "commandId": "c", "correlationId": "c",
        });
        if let Err(error) = validator.validate(&body) {
            panic!("{body}: {error}");
        }
        let mut other = body.clone();
        other["schema"] = 2.into();
        assert!(!validator.is_valid(&other), "{other}");
    }
    assert!(payload("CommitReference").is_valid(&json!({ "pk": "T#WORLD", "sk": "WORLD#1@0000000003" })));
}
