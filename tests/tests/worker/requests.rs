//! The requests of a worker to SQS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cqrs_tests::faults::{Call, Fault};

use crate::office::worker;
use crate::service::{in_time, office_behind};

#[tokio::test]
async fn each_stream_is_deleted_once_and_nothing_else_is_asked() {
    let counts: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let counted = Arc::clone(&counts);
    let (office, watched) = office_behind(move |call: &Call| {
        *counted.lock().unwrap().entry(call.operation.clone()).or_default() += 1;
        Fault::None
    })
    .await;
    for account in 0..10 {
        office.publish(&office.deposit(&account.to_string(), [""]).await).await;
    }
    assert_eq!(in_time(worker(&watched, &office.app).run_until_idle()).await.unwrap().done, 10);
    let mut counts = counts.lock().unwrap().clone();
    // SQS decides how many messages a receive brings, and how often the worker asks whether there are more follows from
    // it.
    let receives = counts.remove("ReceiveMessage").unwrap_or_default();
    assert!((2..=12).contains(&receives), "{receives}");
    assert!(counts.remove("GetQueueAttributes").unwrap_or_default() <= receives);
    let others: Vec<_> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(others, [("DeleteMessageBatch", 10), ("GetQueueUrl", 2)]);
}
