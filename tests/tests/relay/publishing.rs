use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::delivery::{Body, DeadLetter, DeliveryError, DeliveryStore, LetterId, PublishFault};
use cqrs_core::prelude::*;
use cqrs_core::store::record;
use cqrs_core::{EventStore, StreamKey};
use cqrs_dynamo::Relay;
use cqrs_tests::bank::{self, Deposit, DepositAll, Open, deposit};
use cqrs_tests::commits;
use serde_json::{Value, json};

use crate::requests::{Answer, Publish};
use crate::topic::{Got, Topic};
use crate::{append, database, deposits};

#[tokio::test]
async fn every_commit_arrives_once_with_its_attributes_in_a_tenth_of_the_requests() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let inbox = topic.inbox(None).await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).correlation_id("request-7").await.unwrap();
    app.execute(&key, DepositAll(vec![1, 2])).await.unwrap();
    deposits(&app, &["2", "3"], 24).await;

    let (publisher, requests) = topic.publisher();
    let mut relay = Relay::new(&dynamo, &app, publisher);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 50);
    assert_eq!(requests.count(), 5);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 0, "the position is kept");
    assert_eq!(requests.count(), 5);

    let mut got = inbox.all().await;
    assert_eq!(got.len(), 50);
    let first = got.iter().position(|got| got.sk() == "ACCOUNT#1@0000000001").unwrap();
    let first = got.swap_remove(first);
    let attribute = |kind: &str, value: &str| (kind.to_owned(), value.to_owned());
    assert_eq!(first.attributes["types"], attribute("String.Array", r#"["Opened"]"#));
    assert_eq!(first.attributes["tenant"], attribute("String", "BANK"));
    assert_eq!(first.attributes["entity"], attribute("String", "ACCOUNT"));
    assert_eq!(first.attributes["correlationId"], attribute("String", "request-7"));
    assert_eq!(first.attributes.len(), 4);
    assert!(got.iter().all(|got| got.group.as_deref() == Some("BANK")), "the tenant is the group");
    let Ok(Body::Commit(commit)) = Body::parse(&first.text) else { panic!("{first:?}") };
    let stored = dynamo.event_store().read(&commit.stream, Version::NONE, Version::new(1)).await.unwrap();
    assert_eq!(stored.commits, [commit]);
    let second = got.iter().find(|got| got.sk() == "ACCOUNT#1@0000000002").unwrap();
    assert_eq!(second.attributes["types"], attribute("String.Array", r#"["Deposited"]"#), "each type once");
}

#[tokio::test]
async fn a_tenant_who_cannot_name_a_group_has_one_of_its_own() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let inbox = topic.inbox(None).await;
    for tenant in ["東京", "BANK", "大阪", "two words"] {
        for number in ["1", "2"] {
            let key = bank::AccountKey::new(&Tenant::new(tenant).unwrap(), number);
            app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        }
    }
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for got in inbox.all().await {
        let tenant = got.attributes["tenant"].1.clone();
        groups.entry(tenant).or_default().insert(got.group.unwrap());
    }
    assert!(groups.values().all(|groups| groups.len() == 1), "one for a tenant: {groups:?}");
    let all: BTreeSet<_> = groups.values().flatten().collect();
    assert_eq!(all.len(), 4, "one for each: {groups:?}");
    let plain = |group: &&String| group.len() <= 128 && group.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(all.iter().all(plain), "{groups:?}");
}

#[tokio::test]
async fn a_filter_policy_goes_by_the_types() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let inbox = topic.inbox(Some(r#"{ "types": ["Opened", "Withdrawn"] }"#)).await;
    deposits(&app, &["1", "2"], 3).await;
    let (publisher, _) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    let mut sks = inbox.sks().await;
    sks.sort();
    assert_eq!(sks, ["ACCOUNT#1@0000000001", "ACCOUNT#2@0000000001"]);
}

#[tokio::test]
async fn what_is_too_large_for_a_message_travels_as_a_reference_and_batches_keep_to_the_limit() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let inbox = topic.inbox(None).await;
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for bytes in [100_000, 100_000, 100_000, 300_000, 400_000 - 1_000] {
        app.execute(&key, Deposit { cents: 1, note: "x".repeat(bytes) }).await.unwrap();
    }
    let (publisher, requests) = topic.publisher();
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    assert_eq!(requests.count(), 2, "the first three, and the third of 100 KB with the references");
    let mut got = inbox.all().await;
    got.sort_by_key(Got::sk);
    assert_eq!(got.len(), 6);
    for (got, version) in got.iter().zip(1..) {
        assert_eq!(got.attributes["types"].0, "String.Array");
        match Body::parse(&got.text).unwrap() {
            Body::Commit(commit) => assert_eq!(commit.version, Version::new(version)),
            Body::Reference(stream, at) => {
                assert!(version > 4, "{version}");
                assert_eq!((stream.sk(), at), ("ACCOUNT#1", Version::new(version)));
            }
        }
    }
}

#[tokio::test]
async fn every_fault_at_every_request_loses_nothing_and_keeps_the_order() {
    let faults = [
        Answer::Reset,
        Answer::Lost,
        Answer::Error(500, "InternalError"),
        Answer::Error(503, "ServiceUnavailable"),
        Answer::Error(400, "ThrottledException"),
        Answer::Error(400, "Throttled"),
        Answer::Refused(&[0], "InternalError", false),
        Answer::Refused(&[2, 3, 9], "Throttled", false),
        Answer::Refused(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "InternalError", false),
        Answer::Forgotten(&[1, 8]),
    ];
    let mut runs = tokio::task::JoinSet::new();
    for fault in faults {
        for number in 0..3 {
            let fault = fault.clone();
            runs.spawn(async move {
                let context = format!("{fault:?} at {number}");
                let (_, dynamo, app) = database().await;
                let topic = Topic::standard().await;
                let inbox = topic.inbox(None).await;
                deposits(&app, &["1", "2", "3"], 10).await;
                let plan = move |publish: &Publish| {
                    if publish.number == number { fault.clone() } else { Answer::Through }
                };
                let (publisher, requests) = topic.publisher_with(plan);
                let mut relay = Relay::new(&dynamo, &app, publisher);
                assert_eq!(relay.run_until_idle().await.unwrap().commits, 30, "{context}");
                requests.check(&["ACCOUNT#1", "ACCOUNT#2", "ACCOUNT#3"], 10, &context);
                assert_eq!(requests.count(), 4, "{context}");
                let mut sks = inbox.sks().await;
                sks.sort();
                sks.dedup();
                assert_eq!(sks.len(), 30, "{context}");
            });
        }
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn streams_side_by_side_wait_for_nobody_but_themselves() {
    // Requests are under way at once: with one stream in all of them, none may overtake another.
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 40).await;
    let plan = |publish: &Publish| match publish.number {
        0 => Answer::Refused(&[4], "InternalError", false),
        _ => Answer::Through,
    };
    let (publisher, requests) = topic.publisher_with(plan);
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    requests.check(&["ACCOUNT#1"], 40, "one stream");
}

#[tokio::test]
async fn an_outage_stops_the_relay_behind_what_was_accepted() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 25).await;
    let down = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let plan = move |publish: &Publish| match publish.number {
        1.. if is_down.load(std::sync::atomic::Ordering::SeqCst) => Answer::Error(503, "ServiceUnavailable"),
        _ => Answer::Through,
    };
    let (publisher, requests) = topic.publisher_with(plan);
    let mut relay = Relay::new(&dynamo, &app, publisher);
    let error = relay.run_until_idle().await.unwrap_err();
    let DeliveryError::Publish(source) = &error else { panic!("{error:?}") };
    assert!(matches!(source.fault, PublishFault::Unavailable { .. }), "{source:?}");
    assert!(error.is_transient());
    assert_eq!(requests.count(), 4, "one that was accepted, and three tries");
    down.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 15, "the position is behind the first ten");
    requests.check(&["ACCOUNT#1"], 25, "after the outage");
    assert_eq!(requests.arrived().len(), 25, "and nothing was published twice");
}

#[tokio::test]
async fn a_commit_that_the_topic_refuses_is_named_and_not_skipped() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 12).await;
    let plan = |publish: &Publish| match publish.number {
        0 => Answer::Refused(&[3], "InvalidParameter", true),
        _ => Answer::Through,
    };
    let (publisher, requests) = topic.publisher_with(plan);
    let mut relay = Relay::new(&dynamo, &app, publisher);
    let error = relay.run_until_idle().await.unwrap_err();
    let DeliveryError::Publish(source) = &error else { panic!("{error:?}") };
    assert!(!error.is_transient());
    let text = source.fault.to_string();
    for part in ["commit 4", "ACCOUNT#1", "InvalidParameter", "injected by the test"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!((source.accepted, requests.count()), (3, 1), "it is not tried again");
    assert_eq!(relay.run_until_idle().await.unwrap().commits, 9);
    requests.check(&["ACCOUNT#1"], 12, "after the repair");
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_an_error_that_names_it() {
    let (_, dynamo, app) = database().await;
    let mut topic = Topic::standard().await;
    topic.arn.push_str("-elsewhere");
    deposits(&app, &["1"], 1).await;
    let (publisher, requests) = topic.publisher();
    let error = Relay::new(&dynamo, &app, publisher).run(std::future::pending()).await.unwrap_err();
    let DeliveryError::Publish(source) = &error else { panic!("{error:?}") };
    let said = source.fault.to_string();
    assert!(said.contains("-elsewhere"), "{said}");
    assert_eq!(requests.count(), 1);
}

#[tokio::test]
async fn a_topic_that_does_not_answer_is_given_up_for_now() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    deposits(&app, &["1"], 1).await;
    let (publisher, requests) = topic.publisher_with(|_| Answer::Held(Arc::default()));
    let publisher = publisher.with_time_limit(Duration::from_secs(2));
    let error = Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap_err();
    let DeliveryError::Publish(source) = &error else { panic!("{error:?}") };
    assert!(matches!(source.fault, PublishFault::Unavailable { .. }), "{source:?}");
    assert_eq!(requests.count(), 3);
}

#[tokio::test]
async fn a_fifo_topic_keeps_the_order_and_takes_a_commit_once() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::fifo().await;
    let inbox = topic.inbox(None).await;
    deposits(&app, &["1", "2"], 15).await;
    for name in ["first", "second"] {
        let (publisher, _) = topic.publisher();
        let mut relay = Relay::new(&dynamo, &app, publisher).settings(|settings| settings.name = name.into());
        assert_eq!(relay.run_until_idle().await.unwrap().commits, 30, "each name has its own positions");
    }
    let sks = inbox.sks().await;
    assert_eq!(sks.len(), 30, "the same commit has the same deduplication id");
    for stream in ["ACCOUNT#1@", "ACCOUNT#2@"] {
        let own: Vec<_> = sks.iter().filter(|sk| sk.starts_with(stream)).collect();
        assert!(own.len() == 15 && own.is_sorted(), "{own:?}");
    }
}

#[tokio::test]
async fn what_is_no_commit_becomes_a_dead_letter_and_unknown_types_are_published() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let inbox = topic.inbox(None).await;
    deposits(&app, &["1"], 2).await;
    let stream = StreamKey::new("BANK#PARCEL", "PARCEL#1").unwrap();
    let mut foreign = commits::commit(&stream, 1, json!({ "weight": 1 }));
    foreign.events[0].name = "ParcelSent".to_owned();
    append(&dynamo, &foreign).await;
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    dynamo
        .client()
        .put_item()
        .table_name("events")
        .item("pk", text("BANK#ACCOUNT"))
        .item("sk", text("ACCOUNT#1@0000000003"))
        .item("note", text("written by hand"))
        .send()
        .await
        .unwrap();
    app.execute(&bank::account("2"), Open { owner: "Bo".into() }).await.unwrap();
    app.execute(&bank::account("2"), deposit(1)).await.unwrap();

    let (publisher, _) = topic.publisher();
    assert_eq!(Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap().commits, 6);
    let got = inbox.all().await;
    assert_eq!(got.len(), 5);
    let parcel = got.iter().find(|got| got.sk().starts_with("PARCEL")).unwrap();
    assert_eq!(parcel.attributes["types"].1, r#"["ParcelSent"]"#);
    assert!(!parcel.attributes.contains_key("tenant"));
    let letters = app.dead_letters().list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.id.subscriber, "@relay");
    assert_eq!(letter.id.sk, "ACCOUNT#1@0000000003");
    assert!(letter.reason.contains("`version` is missing"), "{}", letter.reason);
    assert_eq!(letter.record["note"], Value::from("written by hand"));
}

#[tokio::test]
async fn dead_letters_that_can_be_read_by_now_are_published_and_removed() {
    let (_, dynamo, app) = database().await;
    let topic = Topic::standard().await;
    let stream = commits::stream("1");
    for version in 1..=3 {
        let record = match version {
            3 => json!({ "pk": stream.pk(), "sk": stream.commit_sk(Version::new(3)) }),
            _ => Value::Object(record::encode(&commits::commit(&stream, version, json!({})))),
        };
        let id = LetterId::new("@relay", stream.pk(), stream.commit_sk(Version::new(version)));
        let letter = DeadLetter::new(id, "unreadable", commits::at(1), record).with_attempts(1);
        dynamo.event_store().delivery().put_letter(&letter).await.unwrap();
    }
    let (publisher, requests) = topic.publisher_with(|publish| match publish.number {
        0 => Answer::Refused(&[1], "InvalidParameter", true),
        _ => Answer::Through,
    });
    app.dead_letters().publish(&publisher).await.unwrap_err();
    assert_eq!(app.dead_letters().list().await.unwrap().len(), 2, "what was accepted is gone");
    assert_eq!(app.dead_letters().publish(&publisher).await.unwrap().done, 1);
    let left = app.dead_letters().list().await.unwrap();
    assert!(left.len() == 1 && left[0].id.sk.ends_with('3'), "{left:?}");
    requests.check(&["ORDER#1"], 2, "dead letters");
}
