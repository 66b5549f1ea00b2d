//! The table of the timers, if a program needs it.

use cqrs_dynamo::{Dynamo, Tables};

#[tokio::test]
async fn the_table_is_made_and_no_other_one() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap().with_tables(Tables::with_prefix("shop-"));
    dynamo.create_tables().await.unwrap();
    let made = dynamo.client().list_tables().send().await.unwrap();
    let named = |name: &str| made.table_names().iter().any(|table| table == name);
    assert!(named("shop-timers"));
    assert!(!named("shop-reservations"), "nothing is unique here");
    // As often as one likes.
    dynamo.create_tables().await.unwrap();
}
