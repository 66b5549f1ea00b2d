use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use cqrs_core::delivery::DeliveryError;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Broker, BrokerError, BrokerFault};
use cqrs_tests::bank::Deposited;
use cqrs_tests::emulator::prefix;
use cqrs_tests::faults::{Call, Fault, Faults, at};
use serde_json::{Value, json};

use crate::office::{CLERK, Office};

#[tokio::test]
async fn creating_twice_is_creating_once() {
    let office = Office::with(crate::emulator().broker(), &[CLERK, "Statement"]).await;
    assert_eq!(office.topic.queues.iter().map(|made| &made.queue).collect::<Vec<_>>(), ["Statement", CLERK]);
    assert_eq!(office.broker.create(&office.app).await.unwrap(), office.topic);
    assert_eq!(office.broker.topic_arn().await.unwrap(), office.topic.arn);
    let subscriptions = office.broker.sns().list_subscriptions_by_topic().topic_arn(&office.topic.arn);
    assert_eq!(subscriptions.send().await.unwrap().subscriptions().len(), 2);
}

#[tokio::test]
async fn a_queue_takes_from_its_topic_what_its_subscribers_listen_to() {
    let office = Office::with(crate::emulator().broker(), &[CLERK, "Statement"]).await;
    let made = &office.topic.queues[0];
    let subscription =
        office.broker.sns().get_subscription_attributes().subscription_arn(&made.subscription_arn);
    let attributes = subscription.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes["RawMessageDelivery"], "true");
    assert_eq!(
        serde_json::from_str::<Value>(&attributes["FilterPolicy"]).unwrap(),
        json!({ "types": ["Deposited", "Withdrawn"] })
    );

    let queue = office.broker.sqs().get_queue_attributes().queue_url(&made.url);
    let attributes = queue.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    let json = |name| serde_json::from_str::<Value>(&attributes[&name]).unwrap();
    let redrive = json(QueueAttributeName::RedrivePolicy);
    assert_eq!(redrive["deadLetterTargetArn"], made.dead_letters_arn.as_str());
    assert_eq!(redrive["maxReceiveCount"].to_string().trim_matches('"'), "1000");
    let statement = &json(QueueAttributeName::Policy)["Statement"][0];
    assert_eq!(statement["Principal"], json!({ "Service": "sns.amazonaws.com" }));
    assert_eq!(statement["Action"], "sqs:SendMessage");
    assert_eq!(statement["Resource"], made.arn.as_str());
    assert_eq!(statement["Condition"]["ArnEquals"]["aws:SourceArn"], office.topic.arn.as_str());
}

#[tokio::test]
async fn a_topic_that_is_there_follows_the_wiring() {
    let office = Office::new().await;
    let both = crate::office::app(&office.dynamo, &office.desk, &[CLERK, "Wealth"]);
    let topic = office.broker.create(&both).await.unwrap();
    assert_eq!(topic.arn, office.topic.arn);
    assert_eq!(topic.queues.len(), 2);
    assert_eq!(topic.queues[1], office.topic.queues[0], "what was there is left as it was");
}

#[tokio::test]
async fn a_subscription_keeps_what_a_newer_program_listens_to() {
    let office = Office::new().await;
    let (sns, arn) = (office.broker.sns(), &office.topic.queues[0].subscription_arn);
    // `Opened` is known here, but no subscriber on this queue listens to it.
    let newer = json!({ "types": ["Deposited", "Opened", "Transferred"] }).to_string();
    let request = sns.set_subscription_attributes().subscription_arn(arn);
    request.attribute_name("FilterPolicy").attribute_value(newer).send().await.unwrap();
    for _ in 0..2 {
        office.broker.create(&office.app).await.unwrap();
        let found = sns.get_subscription_attributes().subscription_arn(arn).send().await.unwrap();
        let filter = serde_json::from_str::<Value>(&found.attributes.unwrap()["FilterPolicy"]).unwrap();
        assert_eq!(filter, json!({ "types": ["Deposited", "Transferred"] }));
    }
}

#[tokio::test]
async fn a_queue_that_is_made_is_waited_for() {
    let office = Office::new().await;
    let missing = at("GetQueueAttributes", 0, Fault::Answer(400, "QueueDoesNotExist"));
    let conf = Faults::over(crate::emulator().sdk_config(), missing).sdk_config();
    let topic = Broker::from_conf(&conf).with_prefix(prefix()).create(&office.app).await.unwrap();
    assert!(topic.queues[0].dead_letters_arn.ends_with("clerk-dlq"), "{topic:?}");
}

#[tokio::test]
async fn what_is_not_there_is_named_with_the_way_out() {
    let office = Office::new().await;
    let elsewhere = office.broker.clone().with_prefix("nowhere-");
    let error = elsewhere.topic_arn().await.unwrap_err();
    assert!(matches!(&error, BrokerError::Missing { kind: "topic", name } if name == "nowhere-events"));
    assert!(error.to_string().contains("`Broker::create`"), "{error}");
    let worker = elsewhere.worker(&office.app);
    let error = worker.run_until_idle().await.unwrap_err();
    assert!(
        matches!(&error, BrokerError::Missing { kind: "queue", name } if name == "nowhere-clerk"),
        "{error}"
    );
    // A service does not wait for a queue that nothing makes.
    let error = tokio::time::timeout(Duration::from_secs(60), worker.run(std::future::pending())).await;
    assert!(matches!(error, Ok(Err(BrokerError::Missing { .. }))), "{error:?}");
    assert!(elsewhere.dead_letter_queues(&office.app).of(CLERK).await.is_err());
}

#[tokio::test]
async fn a_queue_that_the_app_does_not_have_is_refused_with_those_it_has() {
    let office = Office::new().await;
    let error = office.worker().queues(["clark"]).run_until_idle().await.unwrap_err();
    assert!(
        matches!(&error, BrokerError::Delivery(DeliveryError::UnknownQueue { known, .. }) if known == CLERK),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_that_sqs_refuses_is_refused_before_anything_is_sent() {
    let office = Office::new().await;
    let error = office.broker.clone().with_prefix("my shop ").create(&office.app).await.unwrap_err();
    let prefix = BrokerFault::Characters { what: "prefix", name: "my shop ".to_owned() };
    assert!(matches!(&error, BrokerError::Faults { faults } if *faults == [prefix]), "{error}");
    let long = office.broker.clone().with_prefix("x".repeat(75));
    let error = long.create(&office.app).await.unwrap_err();
    assert!(
        matches!(&error, BrokerError::Faults { faults } if matches!(faults[..], [BrokerFault::Length { length: 84, .. }])),
        "{error}"
    );
    // And so is a look-up.
    let error = long.worker(&office.app).run_until_idle().await.unwrap_err();
    assert!(matches!(&error, BrokerError::Faults { .. }), "{error}");
}

#[event_handler(Deposited, queue = "mail")]
async fn postman(_: &Recorded<Deposited>) -> Result<(), HandlerError> {
    Ok(())
}

/// Its queue has the name of the other one's dead letters.
#[event_handler(Deposited, queue = "mail-dlq")]
async fn archivist(_: &Recorded<Deposited>) -> Result<(), HandlerError> {
    Ok(())
}

/// SNS would look for `Said \"hello\"`.
#[event(name = "Said \"hello\"")]
struct Said {}

#[aggregate(entity = "PARROT")]
#[derive(Default)]
struct Parrot {}

#[aggregate]
impl Parrot {
    #[apply]
    fn said(&mut self, _: &Said) {}
}

#[event_handler(Said)]
async fn listener(_: &Recorded<Said>) -> Result<(), HandlerError> {
    Ok(())
}

#[tokio::test]
async fn what_sns_and_sqs_would_refuse_is_reported_at_once_and_nothing_is_made() {
    let office = Office::new().await;
    let app = crate::office::app(&office.dynamo, &office.desk, &["postman", "archivist", "listener"]);
    let prefix = prefix();
    let broker = Broker::from_conf(&crate::emulator().sdk_config()).with_prefix(&*prefix);
    let error = broker.clone().max_message_bytes(1023).create(&app).await.unwrap_err();
    let BrokerError::Faults { faults } = &error else { panic!("{error}") };
    let (first, second) = ("mail-dlq".to_owned(), "mail".to_owned());
    let expected = [
        BrokerFault::Taken { name: format!("{prefix}mail-dlq"), first, second },
        BrokerFault::Event { event: "Said \"hello\"".to_owned() },
        BrokerFault::MessageBytes { bytes: 1023 },
    ];
    assert_eq!(faults, &expected);
    let text = error.to_string();
    for part in ["`mail-dlq`", "`mail`", "Said \"hello\"", "1023", "1024 to 1048576"] {
        assert!(text.contains(part), "{text}");
    }
    let queues = broker.sqs().list_queues().queue_name_prefix(&prefix).send().await.unwrap();
    assert!(queues.queue_urls().is_empty(), "{queues:?}");
    assert!(matches!(broker.topic_arn().await.unwrap_err(), BrokerError::Missing { .. }));
}

#[tokio::test]
async fn queues_take_more_than_any_topic() {
    let office = Office::new().await;
    for url in [&office.topic.queues[0].url, &office.topic.queues[0].dead_letters_url] {
        let name = QueueAttributeName::MaximumMessageSize;
        let asked = office.broker.sqs().get_queue_attributes().queue_url(url).attribute_names(name.clone());
        assert_eq!(asked.send().await.unwrap().attributes.unwrap()[&name], "1048576");
    }
}

#[tokio::test]
async fn a_topic_takes_more_only_after_its_queues_do() {
    let office = Office::new().await;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let note = move |call: &Call| {
        if call.body.contains("MaximumMessageSize") {
            seen.lock().unwrap().push(call.operation.clone());
        }
        Fault::None
    };
    let conf = Faults::over(crate::emulator().sdk_config(), note).sdk_config();
    let broker = Broker::from_conf(&conf).with_prefix(prefix()).max_message_bytes(1024 * 1024);
    broker.create(&office.app).await.unwrap();
    assert_eq!(*sent.lock().unwrap(), ["SetQueueAttributes", "SetQueueAttributes", "SetTopicAttributes"]);
}
