//! Checks of the dead letters.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::delivery::{ChangeFeed, DeliveryStore, Positions};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_tests::faults::{Fault, Faults, database};
use serde_json::json;

use crate::world::{Sell, Stream, feed, found, process, takings, till};

const ONE: [&str; 1] = ["Takings"];
const SHORT: Duration = Duration::from_millis(200);

/// A process whose reads of the letters of one name meet a fault, and the number of those reads.
async fn failing(name: &'static str, fault: Fault) -> (App, Dynamo, Arc<AtomicUsize>) {
    let (database, dynamo) = database().await;
    let reads = Arc::new(AtomicUsize::new(0));
    let faults = Faults::new(&database, {
        let reads = Arc::clone(&reads);
        move |call| match call.operation == "Query" && call.body.contains(&format!("LETTER#{name}\"")) {
            true => {
                reads.fetch_add(1, Ordering::Relaxed);
                fault
            }
            false => Fault::None,
        }
    });
    (process(&faults.dynamo_without_retries(), &ONE), dynamo, reads)
}

#[tokio::test]
async fn one_that_is_cut_off_tells_what_it_has_found_and_comes_again_after_a_pause() {
    let (app, dynamo, reads) = failing("Takings", Fault::Hang).await;
    let function = ProjectionsFunction::new(&app);
    app.execute(&till(1), Sell(1)).await.unwrap();
    let mut records = Stream::of(&dynamo).next().await;
    records[0]["dynamodb"]["NewImage"]["type"] = json!({ "S": "Refunded" });
    assert_eq!(feed(&function, &records).await, None);
    let look = function.look_when_due(SHORT).await.unwrap();
    assert_eq!((look.letters, look.more), (1, true));
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    for _ in 0..3 {
        assert_eq!(function.look_when_due(SHORT).await, None);
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1, "no invocation after it waits for the same");
    // Letters that were counted are not counted again.
    let look = function.look_at_dead_letters(tokio::time::sleep(SHORT)).await.unwrap();
    assert_eq!((look.letters, look.more), (1, true));
}

#[tokio::test]
async fn one_that_fails_comes_again_after_a_pause() {
    let (app, _dynamo, reads) = failing("@projections", Fault::Answer(400, "AccessDeniedException")).await;
    let function = ProjectionsFunction::new(&app);
    assert_eq!(function.look_when_due(Duration::MAX).await, None);
    let tried = reads.load(Ordering::Relaxed);
    assert!(tried > 0);
    assert_eq!(function.look_when_due(Duration::MAX).await, None);
    assert_eq!(reads.load(Ordering::Relaxed), tried);
}

#[tokio::test]
async fn what_was_redriven_in_vain_is_not_tried_again_by_the_same_instance() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ONE);
    let function = ProjectionsFunction::new(&app);
    for cents in [1, 2, 3] {
        app.execute(&till(1), Sell(cents)).await.unwrap();
    }
    let mut records = Stream::of(&dynamo).next().await;
    records[1]["dynamodb"]["NewImage"]["schema"] = json!({ "N": "7" });
    // The table has it as well: a redrive reads it there.
    let changes = dynamo.event_store().feed().read(&Positions::new()).await.unwrap().changes;
    let mut stored = changes[1].record.as_object().unwrap().clone();
    stored.insert("schema".to_owned(), json!(7));
    cqrs_tests::raw::put(&dynamo, stored).await;
    assert_eq!(feed(&function, &records).await, None);
    let attempts = async || {
        let letters = app.dead_letters().of("Takings").await.unwrap();
        letters.iter().map(|letter| letter.attempts).collect::<Vec<_>>()
    };
    let before = attempts().await;
    assert_eq!(before.len(), 2);
    assert_eq!(found(&function).await, 2);
    let once = attempts().await;
    assert_eq!(once[0], before[0] + 1);
    assert_eq!(found(&function).await, 2);
    assert_eq!(attempts().await, once);
    // A new one may know more.
    assert_eq!(found(&ProjectionsFunction::new(&process(&dynamo, &ONE))).await, 2);
    assert_eq!(attempts().await[0], once[0] + 1);
}

/// Handlers that a relay feeds may need what the projections already have.
#[tokio::test]
async fn the_letters_of_a_relay_are_left_to_it() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ONE);
    let function = ProjectionsFunction::new(&app);
    app.execute(&till(1), Sell(1)).await.unwrap();
    let mut records = Stream::of(&dynamo).next().await;
    records[0]["dynamodb"]["NewImage"]["type"] = json!({ "S": "Refunded" });
    assert_eq!(feed(&function, &records).await, None);
    // Both have it, and to both it is known by now.
    let store = dynamo.event_store().delivery();
    let mut letter = app.dead_letters().of("@projections").await.unwrap().remove(0);
    letter.record["type"] = "Sold".into();
    store.put_letter(&letter).await.unwrap();
    letter.id.subscriber = "@relay".to_owned();
    store.put_letter(&letter).await.unwrap();
    assert_eq!(found(&function).await, 0);
    assert_eq!(takings(&app, 1).await, [1]);
    assert_eq!(app.dead_letters().of("@relay").await.unwrap().len(), 1);
    assert_eq!(app.dead_letters().of("@projections").await.unwrap(), []);
}

#[tokio::test]
async fn a_commit_that_is_kept_for_a_newer_program_counts_as_put_away() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = process(&dynamo, &ONE);
    app.execute(&till(1), Sell(1)).await.unwrap();
    let mut feed = dynamo.event_store().feed();
    let changes = feed.read(&Positions::new()).await.unwrap().changes;
    let mut records: Vec<_> = changes.into_iter().map(|change| change.record).collect();
    records[0]["type"] = "Refunded".into();
    let consumer = app.feed_consumer();
    consumer.take_until(&records, std::future::pending()).await.unwrap();
    assert_eq!(consumer.put_away(), 1);
}
