//! Queues of a handler that was removed or renamed.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sqs::types::QueueAttributeName;
use cqrs_core::AggregateKey;
use cqrs_core::Version;
use cqrs_core::delivery::{DeliveryError, DeliveryStore, LetterId};
use cqrs_dynamo::{Broker, BrokerError, OrphanedQueue};
use cqrs_tests::bank;
use cqrs_tests::emulator::prefix;
use cqrs_tests::faults::{Fault, Faults};

use crate::office::{CLERK, Office, place};

/// The clerk's name in the earlier version.
const PORTER: &str = "porter";

impl Office {
    /// Makes the queues of a handler that is in no program any more, as an earlier one has made them: like the clerk's.
    async fn left_behind(&self, queue: &str) -> String {
        let made = self.topic.queues.iter().find(|made| made.queue == CLERK).unwrap();
        let mut urls = Vec::new();
        for (like, like_arn, suffix) in
            [(&made.dead_letters_url, &made.dead_letters_arn, "-dlq"), (&made.url, &made.arn, "")]
        {
            let sqs = self.broker.sqs();
            let name = like_arn.rsplit(':').next().unwrap();
            let name = name.replacen(&format!("{CLERK}{suffix}"), &format!("{queue}{suffix}"), 1);
            let mut create = sqs.create_queue().queue_name(name);
            let asked = sqs.get_queue_attributes().queue_url(like);
            let asked = asked.attribute_names(QueueAttributeName::All).send().await.unwrap();
            for (attribute, value) in asked.attributes.unwrap() {
                let kept = [
                    QueueAttributeName::Policy,
                    QueueAttributeName::RedrivePolicy,
                    QueueAttributeName::FifoQueue,
                ];
                if kept.contains(&attribute) {
                    create = create.attributes(attribute, value.replace(CLERK, queue));
                }
            }
            urls.push(create.send().await.unwrap().queue_url.unwrap());
        }
        let subscription = self.broker.sns().subscribe().topic_arn(&self.topic.arn).protocol("sqs");
        let subscription = subscription.endpoint(made.arn.replace(CLERK, queue));
        let subscription = subscription.attributes("RawMessageDelivery", "true");
        subscription.attributes("FilterPolicy", r#"{"types":["Deposited"]}"#).send().await.unwrap();
        urls.remove(1)
    }

    async fn orphan(&self) -> OrphanedQueue {
        self.broker.orphan(&self.app, PORTER).await.unwrap()
    }

    async fn orphan_names(&self) -> Vec<String> {
        let orphans = self.broker.orphans(&self.app).await.unwrap();
        orphans.iter().map(|orphan| orphan.name().to_owned()).collect()
    }

    /// Puts a message of the left queue into its dead letters, as the handler did when it was there.
    async fn bury(&self, queue_url: &str, note: &str, reason: Option<&str>) {
        let sqs = self.broker.sqs();
        loop {
            let received = sqs.receive_message().queue_url(queue_url).message_attribute_names("All");
            let mut received =
                received.message_system_attribute_names(aws_sdk_sqs::types::MessageSystemAttributeName::All);
            received = received.visibility_timeout(1);
            let Some(message) = received.send().await.unwrap().messages.unwrap_or_default().pop() else {
                continue;
            };
            let (body, handle) = (message.body.unwrap(), message.receipt_handle.unwrap());
            if !body.contains(note) {
                continue;
            }
            let mut send = sqs.send_message().queue_url(dead_letters_of(queue_url)).message_body(body);
            for (name, value) in message.message_attributes.unwrap_or_default() {
                send = send.message_attributes(name, value);
            }
            if let Some(reason) = reason {
                let text = aws_sdk_sqs::types::MessageAttributeValue::builder().data_type("String");
                send = send.message_attributes("reason", text.string_value(reason).build().unwrap());
            }
            if self.broker.is_fifo() {
                send = send.message_group_id("stream").message_deduplication_id(note);
            }
            send.send().await.unwrap();
            sqs.delete_message().queue_url(queue_url).receipt_handle(handle).send().await.unwrap();
            return;
        }
    }
}

fn dead_letters_of(queue_url: &str) -> String {
    match queue_url.strip_suffix(".fifo") {
        Some(base) => format!("{base}-dlq.fifo"),
        None => format!("{queue_url}-dlq"),
    }
}

#[tokio::test]
async fn queues_that_nobody_reads_are_listed_with_what_they_have() {
    let office = Office::new().await;
    assert_eq!(office.orphan_names().await, [] as [&str; 0], "those of a program that is there are none");
    let url = office.left_behind(PORTER).await;
    office.publish(&office.deposit("4711", ["a", "b", "c"]).await).await;
    office.bury(&url, "\"a\"", Some("the porter refuses `a`")).await;

    // Others in the account: of another prefix, and of this one without a topic.
    for foreign in [format!("other-{}", prefix()), url.rsplit('/').next().unwrap().replace(PORTER, "private")]
    {
        office.broker.sqs().create_queue().queue_name(foreign).send().await.unwrap();
    }
    assert_eq!(office.orphan_names().await, [PORTER]);
    let orphan = office.orphan().await;
    assert_eq!((orphan.messages(), orphan.dead_letters(), orphan.is_subscribed()), (2, 1, true));
    let letters = orphan.list_dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "the porter refuses `a`");
    let (stream, version) = letters[0].id.place().unwrap();
    assert_eq!(place(&stream, version), "4711:2");
}

#[tokio::test]
async fn a_subscription_whose_queue_is_gone_is_listed_and_removed() {
    let office = Office::new().await;
    let url = office.left_behind(PORTER).await;
    for url in [dead_letters_of(&url), url] {
        office.broker.sqs().delete_queue().queue_url(url).send().await.unwrap();
    }
    let orphan = office.orphan().await;
    assert_eq!((orphan.messages(), orphan.dead_letters(), orphan.is_subscribed()), (0, 0, true));
    orphan.remove().await.unwrap();
    assert_eq!(office.orphan_names().await, [] as [&str; 0]);
}

#[tokio::test]
async fn messages_and_dead_letters_go_to_the_queue_that_takes_over() {
    let office = Office::new().await;
    let url = office.left_behind(PORTER).await;
    let [a, b] = office.deposit("4711", ["a", "b"]).await;
    let other: Vec<_> = office.deposit("4712", ["x"; 13]).await.into();
    // Only the porter's queue was there then.
    let clerks = &office.topic.queues[0].subscription_arn;
    office.broker.sns().unsubscribe().subscription_arn(clerks).send().await.unwrap();
    office.publish(&[a, b]).await;
    office.publish(&other).await;
    office.bury(&url, "\"a\"", Some("the porter refuses `a`")).await;
    let stream = bank::account("4711").stream().unwrap();
    office.app.dead_letters().park(&LetterId::of(PORTER, &stream, Version::new(2))).await.unwrap();
    let orphan = office.orphan().await;

    let error = orphan.hand_over(CLERK).await.unwrap_err();
    assert!(matches!(&error, BrokerError::NotSubscribed { queue } if queue == CLERK), "{error}");
    office.broker.create(&office.app).await.unwrap();
    let handed_over = orphan.hand_over(CLERK).await.unwrap();
    assert_eq!((handed_over.messages, handed_over.dead_letters, handed_over.left), (14, 1, 0));

    // `b` waits behind `a`, as it did before.
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(
        office.desk.sorted_book(),
        (2..=14)
            .map(|version| format!("4712:{version}"))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    let told = office.letters_told().await;
    assert_eq!(
        told,
        ["4711:2 the porter refuses `a`", "4711:3 waits behind an earlier commit of its stream"]
    );
    assert_eq!(office.letters().redrive(CLERK).await.unwrap().done, 2);
    assert_eq!(&office.desk.book()[13..], ["4711:2", "4711:3"]);

    // And nothing is left behind under the old name.
    let left = office.dynamo.client().query().table_name("delivery").key_condition_expression("pk = :pk");
    let left = left.expression_attribute_values(
        ":pk",
        aws_sdk_dynamodb::types::AttributeValue::S(format!("PARKED#{PORTER}")),
    );
    assert_eq!(left.send().await.unwrap().count, 0);
    let orphan = office.orphan().await;
    assert_eq!((orphan.messages(), orphan.dead_letters(), orphan.is_subscribed()), (0, 0, false));
    orphan.remove().await.unwrap();
    assert_eq!(office.orphan_names().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_fifo_queue_hands_its_streams_over_in_their_order() {
    let office = Office::with(crate::emulator().broker().fifo(true), &[CLERK]).await;
    office.left_behind(PORTER).await;
    let clerks = &office.topic.queues[0].subscription_arn;
    office.broker.sns().unsubscribe().subscription_arn(clerks).send().await.unwrap();
    office.publish(&office.deposit("4711", ["x"; 12]).await).await;
    office.broker.create(&office.app).await.unwrap();
    let handed_over = office.orphan().await.hand_over(CLERK).await.unwrap();
    assert_eq!((handed_over.messages, handed_over.left), (12, 0));
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.desk.book(), (2..=13).map(|version| format!("4711:{version}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn nothing_is_lost_where_sending_or_deleting_fails() {
    let office = Office::new().await;
    office.left_behind(PORTER).await;
    let clerks = &office.topic.queues[0].subscription_arn;
    office.broker.sns().unsubscribe().subscription_arn(clerks).send().await.unwrap();
    office.publish(&office.deposit("4711", ["x"; 25]).await).await;
    office.broker.create(&office.app).await.unwrap();

    // Every third message that is sent is refused, and every other deletion is not answered.
    let (sends, deletions) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let faults = Faults::over(crate::emulator().sdk_config(), move |call| match call.operation.as_str() {
        "SendMessage" if sends.fetch_add(1, Ordering::Relaxed) % 3 == 2 => {
            Fault::Answer(500, "InternalFailure")
        }
        "DeleteMessageBatch" if deletions.fetch_add(1, Ordering::Relaxed) % 2 == 1 => Fault::AnswerLost,
        _ => Fault::None,
    });
    let prefix = office.url().rsplit('/').next().unwrap().strip_suffix(CLERK).unwrap().to_owned();
    let broker = Broker::from_conf(&faults.sdk_config()).with_prefix(prefix);
    let orphan = broker.orphan(&office.app, PORTER).await.unwrap();
    let mut failed = 0;
    while let Err(error) = orphan.hand_over(CLERK).await {
        assert!(matches!(error, BrokerError::Request { .. }), "{error}");
        failed += 1;
    }
    assert!(failed > 0);
    assert_eq!(office.orphan().await.hand_over(CLERK).await.unwrap().left, 0);
    office.worker().run_until_idle().await.unwrap();
    let mut book = office.desk.sorted_book();
    book.dedup();
    assert_eq!(book.len(), 25);
}

#[tokio::test]
async fn what_the_new_queue_does_not_listen_to_stays() {
    let office = Office::new().await;
    let url = office.left_behind(PORTER).await;
    let opened = {
        office.deposit("4711", ["x"]).await;
        office.commit("4711", 1).await
    };
    let message = cqrs_core::delivery::Message::of(&office.app, &opened);
    office.broker.sqs().send_message().queue_url(&url).message_body(message.body).send().await.unwrap();
    office.broker.sqs().send_message().queue_url(&url).message_body("no commit").send().await.unwrap();
    let handed_over = office.orphan().await.hand_over(CLERK).await.unwrap();
    assert_eq!((handed_over.messages, handed_over.left), (1, 1));
    office.worker().run_until_idle().await.unwrap();
    assert_eq!(office.letters().of(CLERK).await.unwrap().len(), 1, "what is no commit is a dead letter");
    assert_eq!(office.orphan().await.messages(), 1);
}

#[tokio::test]
async fn only_an_empty_orphan_is_removed_unless_it_is_told_otherwise() {
    let office = Office::new().await;
    let url = office.left_behind(PORTER).await;
    office.publish(&office.deposit("4711", ["a", "b"]).await).await;
    office.bury(&url, "\"a\"", Some("the porter refuses `a`")).await;
    let stream = bank::account("4711").stream().unwrap();
    office.app.dead_letters().park(&LetterId::of(PORTER, &stream, Version::new(2))).await.unwrap();

    let error = office.orphan().await.remove().await.unwrap_err();
    assert!(matches!(error, BrokerError::NotEmpty { messages: 1, dead_letters: 1, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "orphaned queue `porter` still has messages (1) or dead letters (1); hand them over with \
         `OrphanedQueue::hand_over`, or remove them with it by `OrphanedQueue::remove_with_messages`"
    );
    assert!(office.orphan().await.is_subscribed(), "nothing has happened");
    office.orphan().await.remove_with_messages().await.unwrap();
    assert_eq!(office.orphan_names().await, [] as [&str; 0]);
    // Should the queue come back, nothing holds the stream back.
    let left = office.dynamo.client().scan().table_name("delivery").send().await.unwrap();
    assert_eq!(left.items(), []);
}

/// If a rollback brings it back, its views lack what came in the meantime.
#[tokio::test]
async fn a_projection_whose_queue_was_left_needs_a_replay_when_it_comes_back() {
    let office = Office::new().await;
    office.left_behind(PORTER).await;
    office.left_behind("guard").await;
    let delivery = office.dynamo.event_store().delivery();
    // The porter is a projection that has everything; the guard is a handler.
    delivery.save_position("@projections", PORTER, r#"{"state":"whole"}"#).await.unwrap();
    office.orphan().await.hand_over(CLERK).await.unwrap();
    office.broker.orphan(&office.app, "guard").await.unwrap().remove().await.unwrap();
    let marks = delivery.positions("@projections").await.unwrap();
    assert_eq!(marks.len(), 1);
    assert!(marks[PORTER].contains("away"), "{marks:?}");
}

#[tokio::test]
async fn a_queue_that_is_read_is_no_orphan() {
    let office = Office::new().await;
    office.left_behind(PORTER).await;
    // `only` leaves the clerk out, but it still has its queue.
    let front = crate::office::app(&office.dynamo, &office.desk, &["Statement"]);
    let orphans = office.broker.orphans(&front).await.unwrap();
    assert_eq!(orphans.iter().map(OrphanedQueue::name).collect::<Vec<_>>(), [PORTER]);
    let error = office.broker.orphan(&front, CLERK).await.unwrap_err();
    assert_eq!(error.to_string(), "queue `clerk` is not orphaned: subscribers of this program read it");
    let error = office.broker.orphan(&office.app, "nobody").await.unwrap_err();
    assert!(matches!(&error, BrokerError::NoSuchOrphan { queue } if queue == "nobody"), "{error}");
    let error = office.orphan().await.hand_over("nobody").await.unwrap_err();
    assert!(matches!(error, BrokerError::Delivery(DeliveryError::UnknownQueue { .. })), "{error}");
    assert!(office.orphan().await.is_subscribed(), "nothing has happened");
}

#[tokio::test]
async fn a_queue_that_fills_while_it_is_removed_stays() {
    let office = Office::new().await;
    let url = office.left_behind(PORTER).await;
    let commits = office.deposit("4711", ["a"]).await;
    let orphan = office.orphan().await;
    assert_eq!(orphan.messages(), 0);
    // The counts of SQS lag behind: the answer is that of an earlier moment.
    let faults = Faults::over(crate::emulator().sdk_config(), |call| match call.operation.as_str() {
        "GetQueueAttributes" => Fault::Reply(r#"{"Attributes":{"ApproximateNumberOfMessages":"0"}}"#),
        _ => Fault::None,
    });
    let prefix = office.url().rsplit('/').next().unwrap().strip_suffix(CLERK).unwrap().to_owned();
    let broker = Broker::from_conf(&faults.sdk_config()).with_prefix(prefix);
    let lagging = broker.orphan(&office.app, PORTER).await.unwrap();
    office.publish(&commits).await;
    let error = lagging.remove().await.unwrap_err();
    assert!(matches!(error, BrokerError::NotEmpty { messages: 1, .. }), "{error}");
    let received = office.broker.sqs().receive_message().queue_url(url).wait_time_seconds(1);
    assert_eq!(received.send().await.unwrap().messages().len(), 1, "it is there, and not hidden");
}
