//! A field becomes unique when there are already streams.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, NewCommit};
use cqrs_core::{Commit, StoredEvent};
use cqrs_dynamo::Dynamo;
use serde_json::json;

use crate::hotel::{ChangeEmail, Guest, Note, app, email, guest, owner, register};

/// A commit as a release wrote it that knew of no unique fields.
async fn write(dynamo: &Dynamo, id: &str, version: u64, address: Option<&str>) {
    let metadata = Metadata::new(format!("{id}-{version}"), Timestamp::now());
    let event = StoredEvent::new("Emailed", 1, json!({ "email": address }));
    let commit = Commit::new(guest(id).stream().unwrap(), Version::new(version), vec![event], metadata);
    let _ = dynamo.event_store().append(NewCommit::of(&commit).unwrap()).await.unwrap();
}

#[tokio::test]
async fn until_all_are_reserved_commands_that_change_the_field_say_so() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    write(&dynamo, "1", 1, Some("old@example.com")).await;
    write(&dynamo, "1", 2, Some("a@example.com")).await;
    write(&dynamo, "2", 1, Some("b@example.com")).await;
    let app = app(&dynamo);
    for key in [guest("1"), guest("9")] {
        let error = app.execute(&key, email("c@example.com")).await.unwrap_err();
        assert!(
            matches!(error, ExecuteError::Unreserved { aggregate: "Guest", field: "email" }),
            "{error:?}"
        );
        assert!(error.to_string().contains("let `app.reserve::<Guest>()` run once"), "{error}");
        let error = app.transaction().execute(&key, email("c@example.com")).execute(&guest("2"), Note).await;
        assert!(matches!(error, Err(TransactionError::Unreserved { .. })), "{error:?}");
    }
    app.execute(&guest("1"), Note).await.unwrap();

    let reserved = app.reserve::<Guest>().await.unwrap();
    assert_eq!((reserved.streams, reserved.reserved, reserved.freed), (2, 2, 0));
    assert!(reserved.collisions.is_empty());
    assert_eq!(owner(&app, "a@example.com").await, Some(guest("1")));
    assert_eq!(owner(&app, "old@example.com").await, None);
    let taken = app.execute(&guest("9"), register("b@example.com")).await.unwrap_err();
    assert!(matches!(taken, ExecuteError::NotUnique { .. }), "{taken:?}");
    app.execute(&guest("9"), register("old@example.com")).await.unwrap();

    // Again, it finds nothing to do.
    let again = app.reserve::<Guest>().await.unwrap();
    assert_eq!((again.streams, again.reserved, again.freed), (3, 0, 0));
}

#[tokio::test]
async fn two_streams_with_one_value_are_listed_and_continue() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    for id in ["1", "2", "3"] {
        write(&dynamo, id, 1, Some("same@example.com")).await;
    }
    let app = app(&dynamo);
    for _ in 0..2 {
        let reserved = app.reserve::<Guest>().await.unwrap();
        assert_eq!(reserved.collisions.len(), 2);
        let first = owner(&app, "same@example.com").await.unwrap();
        for collision in &reserved.collisions {
            assert_eq!((collision.field.as_str(), &collision.owner), ("email", &first.stream().unwrap()));
            assert_ne!(collision.other, collision.owner);
        }
    }
    // A loser gives up a value that it does not have, and the owner keeps it.
    let first = owner(&app, "same@example.com").await.unwrap();
    let losers: Vec<_> = ["1", "2", "3"].map(guest).into_iter().filter(|key| *key != first).collect();
    app.execute(&losers[0], email("other@example.com")).await.unwrap();
    assert_eq!(owner(&app, "same@example.com").await, Some(first.clone()));
    let both = app
        .transaction()
        .execute(&losers[1], email("third@example.com"))
        .execute(&losers[0], email("fourth@example.com"));
    both.await.unwrap();
    assert_eq!(owner(&app, "same@example.com").await, Some(first));
    assert_eq!(owner(&app, "third@example.com").await, Some(losers[1].clone()));
    assert!(app.reserve::<Guest>().await.unwrap().collisions.is_empty());
}

/// The events table was restored to an earlier time, and the reservations were not.
#[tokio::test]
async fn what_a_restore_took_back_is_freed() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let before = app(&dynamo);
    before.execute(&guest("1"), register("kept@example.com")).await.unwrap();
    before.execute(&guest("2"), register("lost@example.com")).await.unwrap();
    remove(&dynamo, "2", 1).await;
    let app = app(&dynamo);
    let reserved = app.reserve::<Guest>().await.unwrap();
    assert_eq!((reserved.streams, reserved.reserved, reserved.freed), (1, 0, 1));
    app.execute(&guest("3"), register("lost@example.com")).await.unwrap();
    assert_eq!(owner(&app, "kept@example.com").await, Some(guest("1")));
}

/// A restore took a move back: the value was another stream's in between.
#[tokio::test]
async fn a_value_that_had_moved_is_that_of_its_stream_again() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let before = app(&dynamo);
    before.execute(&guest("1"), register("moved@example.com")).await.unwrap();
    let moved = before
        .transaction()
        .execute(&guest("1"), ChangeEmail(None))
        .execute(&guest("2"), register("moved@example.com"));
    moved.await.unwrap();
    for (id, version) in [("1", 2), ("2", 1)] {
        remove(&dynamo, id, version).await;
    }
    let app = app(&dynamo);
    let reserved = app.reserve::<Guest>().await.unwrap();
    assert_eq!((reserved.streams, reserved.reserved, reserved.freed), (1, 1, 1));
    assert!(reserved.collisions.is_empty(), "{reserved:?}");
    assert_eq!(owner(&app, "moved@example.com").await, Some(guest("1")));
}

/// Neither by itself nor in a transaction: what comes first need not be the value.
#[tokio::test]
async fn a_new_aggregate_needs_no_call_whatever_its_first_commit_sets() {
    for together in [false, true] {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let app = app(&dynamo);
        if together {
            app.transaction().execute(&guest("1"), Note).execute(&guest("2"), Note).await.unwrap();
        } else {
            app.execute(&guest("1"), Note).await.unwrap();
        }
        app.execute(&guest("1"), email("a@example.com")).await.unwrap();
        assert_eq!(owner(&app, "a@example.com").await, Some(guest("1")));
    }
}

/// As a restore does.
async fn remove(dynamo: &Dynamo, id: &str, version: u64) {
    let stream = guest(id).stream().unwrap();
    let delete = dynamo
        .client()
        .delete_item()
        .table_name("events")
        .key("pk", AttributeValue::S(stream.pk().to_owned()))
        .key("sk", AttributeValue::S(stream.commit_sk(Version::new(version))));
    delete.send().await.unwrap();
}
