use cqrs_core::delivery::{ChangeFeed, Positions};
use cqrs_dynamo::{DynamoEventStore, relay_records};
use serde_json::{Value, json};

use crate::requests::{Answer, Publish};
use crate::topic::Topic;
use crate::{database, deposits};

/// The records of the stream, as Lambda would hand them over.
async fn records(store: DynamoEventStore) -> Vec<(String, Value)> {
    let page = store.feed().read(&Positions::new()).await.unwrap();
    page.changes.into_iter().map(|change| (change.position, change.record)).collect()
}

#[tokio::test]
async fn records_are_published_and_the_first_that_is_not_is_named() {
    let (_, dynamo, app) = database().await;
    deposits(&app, &["1", "2"], 12).await;
    let all = records(dynamo.event_store()).await;
    let topic = Topic::standard().await;
    for (answer, first) in [
        (Answer::Through, None),
        (Answer::Error(503, "ServiceUnavailable"), Some(10)),
        (Answer::Refused(&[4], "InternalError", false), Some(14)),
        (Answer::Refused(&[7], "InvalidParameter", true), Some(17)),
    ] {
        let context = format!("{answer:?}");
        let plan = move |publish: &Publish| {
            // The second batch, and what is sent of it again.
            let second =
                publish.sks.iter().any(|sk| ("0000000006".."0000000011").contains(&&sk[sk.len() - 10..]));
            match (&answer, second) {
                (Answer::Refused(_, code, sender), true) if publish.sks.len() == 1 => {
                    Answer::Refused(&[0], code, *sender)
                }
                (answer, true) => answer.clone(),
                _ => Answer::Through,
            }
        };
        let (publisher, _) = topic.publisher_with(plan);
        let ended = relay_records(&app, &publisher, all.clone()).await;
        let named = ended.err().map(|error| error.sequence_number);
        assert_eq!(named, first.map(|place: usize| all[place].0.clone()), "{context}");
    }
}

#[tokio::test]
async fn a_record_that_is_no_commit_counts_as_done_once_it_is_a_dead_letter() {
    let (_, dynamo, app) = database().await;
    deposits(&app, &["1"], 2).await;
    let mut all = records(dynamo.event_store()).await;
    all.insert(1, ("corrupt".to_owned(), json!({ "pk": "BANK#ACCOUNT", "sk": "ACCOUNT#9@0000000001" })));
    let topic = Topic::standard().await;
    let (publisher, requests) = topic.publisher_with(|publish| match publish.sks[0].as_str() {
        "ACCOUNT#1@0000000001" => Answer::Refused(&[1], "InvalidParameter", true),
        _ => Answer::Through,
    });
    let error = relay_records(&app, &publisher, all.clone()).await.unwrap_err();
    assert_eq!(error.sequence_number, all[2].0, "not the one that is put away");
    assert_eq!(app.dead_letters().list().await.unwrap()[0].id.sk, "ACCOUNT#9@0000000001");
    relay_records(&app, &publisher, all.split_off(2)).await.unwrap();
    assert_eq!(requests.arrived(), ["ACCOUNT#1@0000000001", "ACCOUNT#1@0000000002"]);
    relay_records(&app, &publisher, Vec::new()).await.unwrap();
}
