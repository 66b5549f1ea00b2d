//! The built functions, each a process, on the events that AWS sends: from commands over the stream, the topic and the
//! queues to the read models.

mod runtime;

use std::path::Path;

use cqrs_core::prelude::*;
use cqrs_core::store::record::{self, Record};
use cqrs_dynamo::{Broker, BrokerTopic, Dynamo, Tables};
use cqrs_tests::commits::all;
use cqrs_tests::emulator::{Emulator, prefix};
use cqrs_tests::loopback::Loopback;
use cqrs_tests::streamed;
use orders::domain::{OrderKey, Status};
use orders::read_models::{CustomerTotals, CustomerTotalsKey, OrderSummary};
use serde_json::{Value, json};

use runtime::{Answer, Function};

/// What a stack would have: tables, topic, queues.
struct Stack {
    prefix: String,
    endpoint: String,
    dynamo: Dynamo,
    broker: Broker,
    topic: BrokerTopic,
    app: App,
}

impl Stack {
    async fn deploy() -> Self {
        let prefix = prefix();
        let server = Loopback::start().await;
        let dynamo = server.dynamo().await.with_tables(Tables::with_prefix(&prefix));
        dynamo.create_tables().await.unwrap();
        let broker = Broker::from_conf(&Emulator::shared().sdk_config()).with_prefix(&*prefix);
        let app = orders_lambda::app(&dynamo).unwrap();
        let topic = broker.create(&app).await.unwrap();
        Self { prefix, endpoint: server.endpoint, dynamo, broker, topic, app }
    }

    async fn function(&self, binary: &str, own: &[(&str, String)]) -> Function {
        let broker = &Emulator::shared().endpoint;
        let mut variables = vec![
            ("CQRS_PREFIX", self.prefix.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.endpoint.clone()),
            ("AWS_ENDPOINT_URL_SNS", broker.clone()),
            ("AWS_ENDPOINT_URL_SQS", broker.clone()),
        ];
        variables.extend_from_slice(own);
        Function::start(binary, &variables).await
    }

    async fn commands(&self) -> Function {
        self.function(env!("CARGO_BIN_EXE_orders-commands"), &[]).await
    }

    async fn relay(&self, topic: &str) -> Function {
        let topic = ("CQRS_TOPIC_ARN", topic.to_owned());
        self.function(env!("CARGO_BIN_EXE_orders-relay"), &[topic]).await
    }

    async fn subscriber(&self, queue: &str, dead_letters_url: &str) -> Function {
        let own = [("CQRS_QUEUE", queue.to_owned()), ("CQRS_DEAD_LETTERS_URL", dead_letters_url.to_owned())];
        self.function(env!("CARGO_BIN_EXE_orders-subscriber"), &own).await
    }

    /// What the stream of the events table would bring about one order.
    async fn stream_event(&self, key: &OrderKey) -> Value {
        let commits = all(&self.dynamo.event_store(), &key.stream().unwrap()).await;
        let records = commits.iter().zip(1..).map(|(commit, number)| {
            let item = Value::Object(record::encode(commit));
            streamed::record("INSERT", &format!("10000000000000000000000{number}"), &item)
        });
        streamed::event(&records.collect::<Vec<_>>())
    }

    /// What has arrived in a queue, as Lambda would deliver it.
    async fn queue_event(&self, queue: &str) -> Value {
        let url = self.queue(queue).url.clone();
        let received = self
            .broker
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .message_attribute_names("All")
            .send()
            .await
            .unwrap();
        let records = received.messages().iter().map(|message| {
            let attributes = message.message_attributes().into_iter().flatten().map(|(name, value)| {
                let value = json!({ "stringValue": value.string_value(), "dataType": value.data_type() });
                (name.clone(), value)
            });
            let attributes: Record = attributes.collect();
            sqs_record(message.message_id().unwrap(), message.body().unwrap(), attributes.into())
        });
        json!({ "Records": records.collect::<Vec<_>>() })
    }

    fn queue(&self, name: &str) -> &cqrs_dynamo::BrokerQueue {
        self.topic.queues.iter().find(|queue| queue.queue == name).unwrap()
    }
}

fn sqs_record(id: &str, body: &str, attributes: Value) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "handle",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1704103200000" },
        "messageAttributes": attributes,
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:0:queue",
        "awsRegion": "eu-central-1"
    })
}

fn create() -> Value {
    json!({ "command": "create", "tenant": "TENANT001", "orderId": "1", "at": "2024-01-01T10:00:00Z",
        "customerId": "CUST-001", "items": [{ "productId": "PEN", "quantity": 10, "unitPriceCents": 250 }] })
}

fn ship() -> Value {
    json!({ "command": "ship", "tenant": "TENANT001", "orderId": "1", "at": "2024-01-02T10:00:00Z",
        "carrier": "Yamato", "city": "東京", "country": "Japan" })
}

fn tenant() -> Tenant {
    Tenant::new("TENANT001").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_go_all_the_way_to_the_read_models() {
    let stack = Stack::deploy().await;
    let mut commands = stack.commands().await;
    assert_eq!(commands.answer(create()).await, json!({ "outcome": "done", "version": 1 }));
    assert_eq!(commands.answer(create()).await, json!({ "outcome": "duplicate", "version": 1 }), "warm");
    assert_eq!(commands.answer(ship()).await, json!({ "outcome": "done", "version": 2 }));

    let key = OrderKey::new(&tenant(), "1");
    let mut relay = stack.relay(&stack.topic.arn).await;
    let event = stack.stream_event(&key).await;
    for temperature in ["cold", "warm"] {
        let answer = relay.answer(event.clone()).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{temperature}");
    }

    // Each message is there twice; those that were seen before are skipped.
    for queue in ["OrderSummary", "CustomerTotals", "OrderCreatedHandler"] {
        let url = &stack.queue(queue).dead_letters_url;
        let mut subscriber = stack.subscriber(queue, url).await;
        let event = stack.queue_event(queue).await;
        assert!(event["Records"].as_array().unwrap().len() >= 2, "{event}");
        assert_eq!(subscriber.answer(event).await, json!({ "batchItemFailures": [] }), "{queue}");
    }
    let summary = stack.app.view::<OrderSummary>(&key).await.unwrap().unwrap();
    assert_eq!((summary.status, summary.total), (Status::Shipped, 2500));
    let customer = CustomerTotalsKey::new(&tenant(), "CUST-001");
    let totals = stack.app.view::<CustomerTotals>(&customer).await.unwrap().unwrap();
    assert_eq!((totals.orders, totals.total), (1, 2500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_named_and_the_rest_is_done() {
    let stack = Stack::deploy().await;
    let mut commands = stack.commands().await;
    commands.answer(create()).await;
    commands.answer(ship()).await;
    let mut unknown = create();
    unknown["command"] = "refund".into();
    let answer = commands.invoke(unknown).await;
    let Answer::Error(error) = answer else { panic!("{answer:?}") };
    assert!(error["errorMessage"].as_str().unwrap().contains("refund"), "{error}");

    // No such topic: the first record must come again, and everything after it.
    let key = OrderKey::new(&tenant(), "1");
    let event = stack.stream_event(&key).await;
    let mut relay = stack.relay(&format!("{}-gone", stack.topic.arn)).await;
    let first = &event["Records"][0]["dynamodb"]["SequenceNumber"];
    assert_eq!(
        relay.answer(event.clone()).await,
        json!({ "batchItemFailures": [{ "itemIdentifier": first }] })
    );

    stack.relay(&stack.topic.arn).await.answer(event).await;
    let mut event = stack.queue_event("OrderSummary").await;
    event["Records"].as_array_mut().unwrap().push(sqs_record("foreign", "hello", json!({})));
    // No such queue for dead letters: its messages stay where they are.
    let gone = format!("{}-gone", stack.queue("OrderSummary").dead_letters_url);
    let mut subscriber = stack.subscriber("OrderSummary", &gone).await;
    assert_eq!(
        subscriber.answer(event.clone()).await,
        json!({ "batchItemFailures": [{ "itemIdentifier": "foreign" }] })
    );
    let summary = stack.app.view::<OrderSummary>(&key).await.unwrap().unwrap();
    assert_eq!(summary.status, Status::Shipped);

    // When it is there, the foreign message ends in it, with the reason.
    let url = &stack.queue("OrderSummary").dead_letters_url;
    let mut subscriber = stack.subscriber("OrderSummary", url).await;
    assert_eq!(subscriber.answer(event).await, json!({ "batchItemFailures": [] }));
    let letters = stack.broker.dead_letter_queues(&stack.app).of("OrderSummary").await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.record, "hello");
    assert!(letter.reason.contains("not a commit"), "{letter:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_are_not_in_the_environment_come_from_where_the_sdk_looks_next() {
    let stack = Stack::deploy().await;
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("credentials");
    std::fs::write(&file, "[default]\naws_access_key_id = key\naws_secret_access_key = secret\n").unwrap();
    let own = [
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
        ("AWS_SHARED_CREDENTIALS_FILE", file.display().to_string()),
    ];
    let mut commands = stack.function(env!("CARGO_BIN_EXE_orders-commands"), &own).await;
    assert_eq!(commands.answer(create()).await, json!({ "outcome": "done", "version": 1 }));
}

/// They are read for the first request, if the environment names them, so a function asks for its first event without
/// them. A test build panics if there are none: within the event, not before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_starts_without_the_certificates_of_the_system() {
    let stack = Stack::deploy().await;
    let own = [("SSL_CERT_FILE", "/there/is/no/such/file".to_owned())];
    let mut commands = stack.function(env!("CARGO_BIN_EXE_orders-commands"), &own).await;
    let answer = commands.invoke(create()).await;
    assert!(matches!(&answer, Answer::Error(error) if error.to_string().contains("root certificates")));
}

#[test]
fn the_template_in_the_folder_is_the_one_that_is_printed() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_orders-template")).output().unwrap();
    let kept = include_str!("../../template.json");
    assert_eq!(String::from_utf8_lossy(&printed.stdout), kept, "print it anew: see the README");
}
