//! The cost of the call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cqrs_tests::faults::{Fault, Faults, database};

use crate::*;

#[tokio::test]
async fn a_look_takes_a_few_reads_of_each_projection_and_writes_nothing() {
    let (database, _) = database().await;
    let sent: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let counted = Arc::clone(&sent);
    let faults = Faults::new(&database, move |call| {
        *counted.lock().unwrap().entry(call.operation.clone()).or_default() += 1;
        Fault::None
    });
    let app = Stores::of(&faults.dynamo_without_retries()).app(&BOTH);
    open(&app, "1").await;
    app.run_until_idle().await.unwrap();
    let expected = [
        // The marks; and of each projection its positions, its dead letters and what was discarded.
        ("Query", 1 + 3 * 2),
        // Its replays.
        ("GetItem", 2),
        // Both stand at one place.
        ("DescribeTable", 1),
        ("DescribeStream", 1),
        ("GetShardIterator", 1),
        ("GetRecords", 40),
    ];
    for _ in 0..2 {
        sent.lock().unwrap().clear();
        app.projections().await.unwrap();
        let sent = sent.lock().unwrap().clone();
        assert_eq!(sent, expected.map(|(name, count)| (name.to_owned(), count)).into());
    }
}
