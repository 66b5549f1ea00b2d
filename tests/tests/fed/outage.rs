//! An unavailable table is not the fault of a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_tests::faults::{Fault, Faults, database};

use crate::world::{Sell, Stream, feed, process, spent, takings, till};

#[tokio::test]
async fn what_waits_for_a_table_comes_again_and_the_rest_is_done() {
    let (database, dynamo) = database().await;
    let down = Arc::new(AtomicBool::new(true));
    // The views of the second till, and of nothing else.
    let faults = Faults::new(&database, {
        let down = Arc::clone(&down);
        move |call| match down.load(Ordering::Relaxed) && call.is_for("views") && call.body.contains("TILL#2")
        {
            true => Fault::Answer(400, "ProvisionedThroughputExceededException"),
            false => Fault::None,
        }
    });
    let app = process(&faults.dynamo_without_retries(), &["Takings", "Spending"]);
    let function = ProjectionsFunction::new(&app);
    for number in [1, 2, 3, 2] {
        app.execute(&till(number), Sell(number)).await.unwrap();
    }
    let records = Stream::of(&dynamo).next().await;
    for _ in 0..5 {
        assert_eq!(feed(&function, &records).await, Some(1));
    }
    // However often it came, it is not a dead letter, and later records of its batch are not held up.
    let well = process(&dynamo, &["Takings", "Spending"]);
    assert_eq!(well.dead_letters().list().await.unwrap(), []);
    assert_eq!((takings(&well, 1).await, takings(&well, 3).await, spent(&well).await), (vec![1], vec![3], 4));
    down.store(false, Ordering::Relaxed);
    assert_eq!(feed(&function, &records[1..]).await, None);
    assert_eq!((takings(&well, 2).await, spent(&well).await), (vec![2, 2], 8));
}

/// Nothing is acknowledged that could not be stored as a dead letter.
#[tokio::test]
async fn what_cannot_become_a_dead_letter_comes_again() {
    let (database, dynamo) = database().await;
    let down = Arc::new(AtomicBool::new(true));
    let faults = Faults::new(&database, {
        let down = Arc::clone(&down);
        move |call| match down.load(Ordering::Relaxed) && call.is_for("delivery") {
            true => Fault::Answer(400, "ProvisionedThroughputExceededException"),
            false => Fault::None,
        }
    });
    let app = process(&faults.dynamo_without_retries(), &["Takings"]);
    let function = ProjectionsFunction::new(&app);
    app.execute(&till(1), Sell(1)).await.unwrap();
    app.execute(&till(1), Sell(2)).await.unwrap();
    let mut records = Stream::of(&dynamo).next().await;
    // No number is what it says.
    records[1]["dynamodb"]["NewImage"]["version"] = serde_json::json!({ "S": "two" });
    assert_eq!(feed(&function, &records).await, Some(1));
    assert_eq!(takings(&app, 1).await, [1]);
    down.store(false, Ordering::Relaxed);
    assert_eq!(feed(&function, &records).await, None);
    assert_eq!(app.dead_letters().of("@projections").await.unwrap().len(), 1);
}
