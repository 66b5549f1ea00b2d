use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::template::Template;
use serde_json::json;

use crate::hotel::{
    ChangeEmail, GiveBadge, Guest, GuestKey, Note, Register, app, email, guest, owner, register, tenant,
};

async fn apps() -> Vec<App> {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let memory = MemoryEventStore::new();
    let stores = cqrs_core::app::IntoStores::into_stores(memory);
    vec![app(dynamo), app(stores.snapshots(cqrs_core::snapshot::MemorySnapshotStore::new()))]
}

#[tokio::test]
async fn a_value_belongs_to_who_was_first() {
    for app in apps().await {
        app.execute(&guest("1"), register("a@example.com")).await.unwrap();
        let error = app.execute(&guest("2"), register("a@example.com")).await.unwrap_err();
        let ExecuteError::NotUnique { field, owner: of } = &error else { panic!("{error:?}") };
        assert_eq!((*field, of.clone()), ("email", guest("1").stream().unwrap()));
        assert_eq!(
            error.to_string(),
            "the `email` belongs to stream HOTEL#GUEST GUEST#1 already; choose another one"
        );
        // Nothing was written, and what is in memory says so, too.
        assert_eq!(app.load(&guest("2")).await.unwrap().version, Version::NONE);
        app.execute(&guest("2"), register("b@example.com")).await.unwrap();
        assert_eq!(app.load(&guest("2")).await.unwrap().version, Version::new(1));
        assert_eq!(owner(&app, "a@example.com").await, Some(guest("1")));
        assert_eq!(owner(&app, "b@example.com").await, Some(guest("2")));
        assert_eq!(owner(&app, "c@example.com").await, None);
        // A stream's own value is not an obstacle, and another field may have the same text.
        app.execute(&guest("1"), register("a@example.com")).await.unwrap();
        app.execute(&guest("1"), GiveBadge(7)).await.unwrap();
        assert_eq!(app.find(Guest::badge(&tenant(), 7)).await.unwrap(), Some(guest("1")));
        let taken = app.execute(&guest("2"), GiveBadge(7)).await.unwrap_err();
        assert!(matches!(taken, ExecuteError::NotUnique { field: "badge", .. }), "{taken:?}");
    }
}

#[tokio::test]
async fn what_is_given_away_can_be_taken() {
    for app in apps().await {
        app.execute(&guest("1"), register("a@example.com")).await.unwrap();
        app.execute(&guest("1"), email("b@example.com")).await.unwrap();
        assert_eq!(owner(&app, "a@example.com").await, None);
        app.execute(&guest("2"), register("a@example.com")).await.unwrap();
        app.execute(&guest("1"), ChangeEmail(None)).await.unwrap();
        assert_eq!(owner(&app, "b@example.com").await, None);
        app.execute(&guest("2"), email("b@example.com")).await.unwrap();
        assert_eq!(owner(&app, "b@example.com").await, Some(guest("2")));
        // No value, and an empty one, belong to no stream.
        for id in ["3", "4"] {
            app.execute(&guest(id), Register(None)).await.unwrap();
            app.execute(&guest(id), email("")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_tenant_has_its_own() {
    for app in apps().await {
        let other = Tenant::new("MOTEL").unwrap();
        let elsewhere = GuestKey::new(&other, "1");
        app.execute(&guest("1"), register("a@example.com")).await.unwrap();
        app.execute(&elsewhere, register("a@example.com")).await.unwrap();
        assert_eq!(owner(&app, "a@example.com").await, Some(guest("1")));
        assert_eq!(app.find(Guest::email(&other, "a@example.com")).await.unwrap(), Some(elsewhere));
    }
}

/// Whatever the state was made from: memory, the stream, or a snapshot.
#[tokio::test]
async fn a_state_that_was_read_knows_its_values() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    app(&dynamo).execute(&guest("1"), register("a@example.com")).await.unwrap();
    for round in 0..8 {
        let fresh = app(&dynamo);
        let (old, new) = (format!("{}@example.com", round - 1), format!("{round}@example.com"));
        fresh.execute(&guest("1"), Note).await.unwrap();
        fresh.execute(&guest("1"), email(&new)).await.unwrap();
        assert_eq!(owner(&fresh, &old).await, None, "round {round}");
        assert_eq!(owner(&fresh, &new).await, Some(guest("1")), "round {round}");
    }
    let past = app(&dynamo).load_version(&guest("1"), Version::new(3)).await.unwrap();
    assert_eq!(past.state.email.as_deref(), Some("0@example.com"));
}

/// A value goes from one to another, two are swapped, and two who want the same one are told.
#[tokio::test]
async fn a_transaction_moves_values() {
    for app in apps().await {
        let (ada, bob) = (guest("ada"), guest("bob"));
        app.execute(&ada, register("a@example.com")).await.unwrap();
        let moved =
            app.transaction().execute(&ada, ChangeEmail(None)).execute(&bob, register("a@example.com"));
        moved.await.unwrap();
        assert_eq!(owner(&app, "a@example.com").await, Some(bob.clone()));

        app.execute(&ada, email("b@example.com")).await.unwrap();
        let swapped =
            app.transaction().execute(&ada, email("a@example.com")).execute(&bob, email("b@example.com"));
        swapped.await.unwrap();
        assert_eq!(owner(&app, "a@example.com").await, Some(ada.clone()));
        assert_eq!(owner(&app, "b@example.com").await, Some(bob.clone()));

        let both =
            app.transaction().execute(&ada, email("c@example.com")).execute(&bob, email("c@example.com"));
        let error = both.await.unwrap_err();
        let TransactionError::NotUnique { stream, field, owner: of } = error else { panic!("{error:?}") };
        assert_eq!((stream, field, of), (bob.stream().unwrap(), "email", ada.stream().unwrap()));

        let third = app.transaction().execute(&ada, Note).execute(&guest("cy"), register("b@example.com"));
        let error = third.await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the `email` of stream HOTEL#GUEST GUEST#cy belongs to stream HOTEL#GUEST GUEST#bob already; choose another one"
        );
        assert_eq!(app.load(&ada).await.unwrap().state.notes, 0);
    }
}

/// A refusal was decided on the current state: another command may have freed the value, or continued the stream.
#[tokio::test]
async fn a_refusal_is_decided_on_the_end_of_the_stream() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (here, there) = (app(&dynamo), app(&dynamo));
    here.execute(&guest("1"), register("a@example.com")).await.unwrap();
    here.execute(&guest("2"), register("b@example.com")).await.unwrap();
    there.execute(&guest("2"), email("c@example.com")).await.unwrap();
    let error = here.execute(&guest("2"), email("a@example.com")).await.unwrap_err();
    assert!(matches!(error, ExecuteError::NotUnique { .. }), "{error:?}");
    here.execute(&guest("2"), email("d@example.com")).await.unwrap();
    for free in ["b@example.com", "c@example.com"] {
        assert_eq!(owner(&here, free).await, None);
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_reserved_is_reported() {
    for app in apps().await {
        let long = "x".repeat(3000);
        let error = app.execute(&guest("1"), register(&long)).await.unwrap_err();
        assert!(matches!(error, ExecuteError::Key(_)), "{error:?}");
        let error = app.transaction().execute(&guest("1"), register(&long)).execute(&guest("2"), Note).await;
        assert!(matches!(error, Err(TransactionError::Key(_))), "{error:?}");
        assert!(app.find(Guest::email(&tenant(), "")).await.is_err());
        app.execute(&guest("1"), register("a@example.com")).await.unwrap();
    }
}

/// The template of such a program has the table, and the right to write it for those who execute commands.
#[tokio::test]
async fn the_template_has_the_table_of_the_values() {
    let app = apps().await.remove(0);
    let template = Template::of(app.wiring()).commands("commands").render().unwrap();
    let table = &template["Resources"]["ReservationsTable"];
    assert_eq!(
        (&table["Type"], &table["DeletionPolicy"]),
        (&json!("AWS::DynamoDB::Table"), &json!("Retain"))
    );
    let roles = template["Resources"].as_object().unwrap().values();
    let statements =
        roles.filter_map(|role| role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].as_array());
    let of_table = statements
        .flatten()
        .filter(|statement| statement["Resource"].to_string().contains("ReservationsTable"));
    let actions: Vec<_> = of_table.map(|statement| statement["Action"].clone()).collect();
    assert_eq!(actions, [json!(["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"])]);
}
