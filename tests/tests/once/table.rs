//! The inbox records in the delivery table, and how they expire.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveStatus};
use cqrs_core::Timestamp;
use cqrs_core::delivery::Verdict;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::{Fault, Faults};

use crate::office::{Post, database, open, process, take};

async fn records(dynamo: &Dynamo) -> Vec<HashMap<String, AttributeValue>> {
    let scan = dynamo.client().scan().table_name(&dynamo.tables().delivery).send().await.unwrap();
    let all = scan.items.unwrap().into_iter();
    all.filter(|item| item["pk"].as_s().unwrap().starts_with("INBOX#")).collect()
}

#[tokio::test]
async fn a_record_names_its_event_and_when_it_expires() {
    let (_, dynamo) = database().await;
    let app = process(&dynamo, &Post::default());
    open(&app, "1", 1).await;
    let (before, kept) = (Timestamp::now(), Duration::from_secs(14 * 24 * 60 * 60));
    assert_eq!(take(&dynamo, &app, "receipt", 1).await, Verdict::Done);
    let after = Timestamp::now();
    let [record] = &records(&dynamo).await[..] else { panic!("one event was handled") };
    assert!(record["pk"].as_s().unwrap().starts_with("INBOX#receipt#"), "{record:?}");
    assert_eq!(record["sk"].as_s().unwrap(), "0000000002#0");
    assert!(!record.contains_key("leasedUntil"), "{record:?}");
    let expires: i64 = record["expiresAt"].as_n().unwrap().parse().unwrap();
    let seconds = |at: Timestamp| (at + kept).unix_millis().div_euclid(1000) + 1;
    assert!((seconds(before)..=seconds(after)).contains(&expires), "{expires}");
}

async fn time_to_live(dynamo: &Dynamo, table: &str) -> (Option<TimeToLiveStatus>, Option<String>) {
    let output = dynamo.client().describe_time_to_live().table_name(table).send().await.unwrap();
    let found = output.time_to_live_description.unwrap();
    (found.time_to_live_status, found.attribute_name)
}

#[tokio::test]
async fn the_delivery_table_and_no_other_expires_items() {
    let (_, dynamo) = database().await;
    // Again, as the next start does.
    dynamo.create_tables().await.unwrap();
    let tables = dynamo.tables();
    let enabled = (Some(TimeToLiveStatus::Enabled), Some("expiresAt".to_owned()));
    assert_eq!(time_to_live(&dynamo, &tables.delivery).await, enabled);
    for table in [&tables.events, &tables.views] {
        assert_eq!(time_to_live(&dynamo, table).await, (Some(TimeToLiveStatus::Disabled), None));
    }
}

#[tokio::test]
async fn tables_are_made_also_where_nothing_can_expire() {
    for operation in ["DescribeTimeToLive", "UpdateTimeToLive"] {
        for fault in [
            Fault::Answer(400, "UnknownOperationException"),
            Fault::Answer(400, "AccessDeniedException"),
            Fault::Answer(501, "UnsupportedOperation"),
        ] {
            let database = Embedded::in_memory().unwrap();
            let faults = Faults::at(&database, operation, 0, fault);
            let dynamo = faults.dynamo_without_retries();
            dynamo.create_tables().await.unwrap();
            let app = process(&dynamo, &Post::default());
            open(&app, "1", 1).await;
            assert_eq!(take(&dynamo, &app, "receipt", 1).await, Verdict::Done, "{operation}, {fault:?}");
        }
    }
}
