//! Records that are not commits, and commits that only a newer program knows.

use std::collections::BTreeSet;

use cqrs_core::delivery::{DeadLetter, DeliveryStore};
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_tests::streamed::record;
use serde_json::json;

use crate::world::{Sell, Stream, feed, found, process, takings, till};

const ONE: [&str; 1] = ["Takings"];

#[tokio::test]
async fn what_was_done_to_a_commit_is_told_as_the_relay_tells_it() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ONE);
    let function = ProjectionsFunction::new(&app);
    app.execute(&till(1), Sell(1)).await.unwrap();
    let commit = json!({ "pk": "T#TILL", "sk": "TILL#1@0000000001" });
    let other = json!({ "pk": "T#TILL", "sk": "SETTINGS" });
    let mut records = Stream::of(&dynamo).next().await;
    for (number, (name, item)) in
        [("REMOVE", &other), ("MODIFY", &other), ("REMOVE", &commit), ("MODIFY", &commit)].iter().enumerate()
    {
        records.insert(0, record(name, &format!("{number}"), item));
    }
    assert_eq!(feed(&function, &records).await, None);
    assert_eq!(takings(&app, 1).await, [1], "what comes after them is not held up");
    let letters = app.dead_letters().of("@projections").await.unwrap();
    let found: BTreeSet<_> = letters.iter().map(|letter| letter.id.sk.as_str()).collect();
    assert_eq!(found, BTreeSet::from(["TILL#1@0000000001!overwritten", "TILL#1@0000000001!removed"]));
}

#[tokio::test]
async fn a_record_that_is_no_commit_is_a_dead_letter_of_none_of_them() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ONE);
    let function = ProjectionsFunction::new(&app);
    app.execute(&till(1), Sell(1)).await.unwrap();
    let mut records = Stream::of(&dynamo).next().await;
    records.insert(0, record("INSERT", "0", &json!({ "pk": "T#TILL", "sk": "HELLO" })));
    assert_eq!(feed(&function, &records).await, None);
    assert_eq!(takings(&app, 1).await, [1]);
    let letters = app.dead_letters().of("@projections").await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.id.sk.as_str()).collect::<Vec<_>>(), ["HELLO"]);
}

#[tokio::test]
async fn what_only_a_newer_program_knows_holds_nothing_up_and_is_redriven_by_it() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ONE);
    let function = ProjectionsFunction::new(&app);
    for cents in [1, 2, 3] {
        app.execute(&till(1), Sell(cents)).await.unwrap();
        app.execute(&till(2), Sell(cents)).await.unwrap();
    }
    let known = Stream::of(&dynamo).next().await;
    let mut records = known.clone();
    // Of the first till an event that nobody knows, of the second one a schema.
    records[2]["dynamodb"]["NewImage"]["type"] = json!({ "S": "Refunded" });
    records[3]["dynamodb"]["NewImage"]["schema"] = json!({ "N": "7" });
    assert_eq!(feed(&function, &records).await, None);
    let letters = app.dead_letters().list().await.unwrap();
    let told: Vec<_> =
        letters.iter().map(|letter| (&*letter.id.subscriber, &*letter.id.sk, letter.is_newer())).collect();
    assert_eq!(
        told,
        [
            ("Takings", "TILL#2@0000000002", true),
            ("Takings", "TILL#2@0000000003", false),
            ("@projections", "TILL#1@0000000002", true),
        ]
    );
    assert_eq!(takings(&app, 2).await, [1]);

    // To a newer program they are what this one wrote.
    for mut letter in letters.into_iter().filter(DeadLetter::is_newer) {
        letter.record["type"] = "Sold".into();
        letter.record["schema"] = 1.into();
        dynamo.event_store().delivery().put_letter(&letter).await.unwrap();
    }
    assert_eq!(found(&function).await, 0);
    assert_eq!((takings(&app, 1).await, takings(&app, 2).await), (vec![1, 2, 3], vec![1, 2, 3]));
}
