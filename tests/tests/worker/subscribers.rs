//! Messages on their way to handlers and projections, each kind of body, and messages that belong to no commit.

use cqrs_core::delivery::{Body, MAX_MESSAGE_BYTES, Message};
use cqrs_core::{Commit, StoredEvent, Timestamp};
use cqrs_tests::bank::{self, Statement, Wealth};
use serde_json::json;

use crate::office::{CLERK, Office};

#[tokio::test]
async fn a_published_commit_reaches_its_subscribers_and_leaves_the_queue() {
    let office = Office::new().await;
    let commits = office.deposit("1", ["", ""]).await;
    // No subscriber on the queue listens to `Opened`, so it does not get there.
    office.publish(&[office.commit("1", 1).await]).await;
    office.publish(&commits).await;
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.returned, worked.dead), (2, 0, 0));
    assert_eq!(office.desk.book(), ["1:2", "1:3"]);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn an_envelope_of_sns_is_opened() {
    let office = Office::new().await;
    let subscription = &office.topic.queues[0].subscription_arn;
    office.broker.sns().unsubscribe().subscription_arn(subscription).send().await.unwrap();
    let enveloped = office.broker.sns().subscribe().topic_arn(&office.topic.arn).protocol("sqs");
    enveloped.endpoint(&office.topic.queues[0].arn).send().await.unwrap();
    let [good, bad] = office.deposit("1", ["", "poison"]).await;
    office.publish(&[good]).await;
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.desk.book(), ["1:2"]);

    // It goes to the dead letters in its envelope, and comes back out of it.
    office.desk.fail("poison", true);
    office.publish(&[bad]).await;
    office.worker().run_until_idle().await.unwrap();
    let letters = office.letters().of(CLERK).await.unwrap();
    assert!(letters[0].record["type"] == "Deposited", "{}", letters[0].record);
    assert_eq!(letters[0].types(), ["Deposited"]);
    office.desk.repair();
    assert_eq!(office.letters().redrive(CLERK).await.unwrap().done, 1);
    assert_eq!(office.desk.book(), ["1:2", "1:3"]);

    // Creating brings the subscription to what it should be.
    office.broker.create(&office.app).await.unwrap();
    office.publish(&office.deposit("2", [""]).await).await;
    let received = office.broker.sqs().receive_message().queue_url(office.url()).send().await.unwrap();
    assert!(received.messages()[0].body().unwrap().starts_with("{\"commandId\""), "{received:?}");
}

#[tokio::test]
async fn what_nobody_here_can_take_becomes_a_dead_letter_with_the_reason() {
    let office = Office::new().await;
    let [[commit], [mut renamed], [mut opened], [mut shapeless]] = [
        office.deposit("1", [""]).await,
        office.deposit("2", [""]).await,
        office.deposit("3", [""]).await,
        office.deposit("4", [""]).await,
    ];
    let body = |commit: &Commit| Message::of(&office.app, commit).body;
    let cases = [
        ("hello".to_owned(), "the body is not a commit"),
        (json!({ "pk": "A", "order": 1 }).to_string(), "sk"),
        (body(&commit).replace("\"commandId\"", "\"commandID\""), "commandId"),
        (json!({ "pk": "A#B", "sk": "B#1@0000000007" }).to_string(), "the store has no commit 7"),
        {
            renamed.events[0].name = "Renamed".to_owned();
            (body(&renamed), "unknown event type `Renamed`")
        },
        {
            opened.events[0].name = "Opened".to_owned();
            (body(&opened), "nobody on queue `clerk` listens to `Opened`")
        },
        {
            let data = json!({ "owner": "1", "cents": "many", "note": "" });
            shapeless.events[0] = StoredEvent::new("Deposited", 1, data);
            (body(&shapeless), "invalid type: string …, expected u64")
        },
    ];
    for (body, _) in &cases {
        office.send(body.clone()).await;
    }
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (0, cases.len() as u64), "{worked:?}");
    let letters = office.letters().of(CLERK).await.unwrap();
    for (body, reason) in &cases {
        let record = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
        let letter = letters.iter().find(|letter| letter.record == record).unwrap();
        assert!(letter.reason.contains(reason), "{reason}: {}", letter.reason);
        assert!(letter.since > Timestamp::from_unix_millis(0));
    }
    assert_eq!(office.backlog().await, 0);
    assert!(office.desk.book().is_empty());
}

#[tokio::test]
async fn duplicates_and_reordering_leave_a_view_as_it_should_be() {
    let office = Office::with(crate::emulator().broker(), &["Statement", "Wealth"]).await;
    let commits = office.deposit("1", ["", "", "", "", ""]).await;
    let mut published: Vec<_> = commits.iter().rev().chain(&commits).cloned().collect();
    published.swap(0, 3);
    // One is lost on the way.
    published.retain(|commit| commit.version.get() != 4);
    office.publish(&published).await;
    let worked = office.worker().run_until_idle().await.unwrap();
    assert_eq!((worked.done, worked.dead), (2 * published.len() as u64, 0));
    let statement = office.app.view::<Statement>(&bank::account("1")).await.unwrap().unwrap();
    assert_eq!(statement.lines, [1, 1, 1, 1, 1]);
    let wealth = bank::WealthKey::new(&bank::tenant(), "1");
    let wealth = office.app.view::<Wealth>(&wealth).await.unwrap().unwrap();
    assert_eq!((wealth.cents, wealth.folded), (5, 6));
}

#[tokio::test]
async fn a_commit_that_is_too_large_for_the_broker_is_read_from_the_store() {
    let office = Office::with(crate::emulator().broker(), &[CLERK, "Statement"]).await;
    let commits = office.deposit("1", [&*"x".repeat(MAX_MESSAGE_BYTES + 1), ""]).await;
    let message = Message::of(&office.app, &commits[0]);
    assert!(matches!(Body::parse(&message.body), Ok(Body::Reference(..))), "the test is of no use");
    office.publish(&commits).await;
    assert_eq!(office.worker().run_until_idle().await.unwrap().done, 4);
    assert_eq!(office.desk.book(), ["1:2", "1:3"]);
    let statement = office.app.view::<Statement>(&bank::account("1")).await.unwrap().unwrap();
    assert_eq!(statement.lines, [1, 1]);
}

#[tokio::test]
async fn a_worker_takes_the_queues_that_it_is_given() {
    let office = Office::with(crate::emulator().broker(), &[CLERK, "Statement"]).await;
    office.publish(&office.deposit("1", [""]).await).await;
    assert_eq!(office.worker().queues(["Statement"]).run_until_idle().await.unwrap().done, 1);
    assert!(office.desk.book().is_empty());
    assert_eq!(office.worker().run_until_idle().await.unwrap().done, 1);
    assert_eq!(office.desk.book(), ["1:2"]);
}
