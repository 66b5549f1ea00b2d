//! The ids in the item, in the spans, and in what a handler sends.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
use cqrs_tests::bank::{self, Statement};
use cqrs_tests::emulator::Emulator;

use crate::captured::{Captured, Span};
use crate::{TRACEPARENT, deposit, last, open};

fn app(dynamo: &Dynamo, only: &[&str]) -> App {
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(only.iter().copied());
    app.build().unwrap()
}

/// Makes the deposit on account `1` of a request from outside; returns its command id.
async fn request(app: &App) -> String {
    let deposited = app
        .execute(&bank::account("1"), deposit())
        .correlation_id("request-1")
        .causation_id("click-1")
        .trace_context(TRACEPARENT)
        .await
        .unwrap();
    deposited.metadata.command_id
}

/// What must have happened to the request, however it was delivered.
async fn assert_followed(app: &App, captured: &Captured, command_id: &str) {
    let passed = last(app, "2").await;
    assert_eq!(passed.correlation_id, "request-1");
    assert_eq!(passed.causation_id.as_deref(), Some(command_id));
    assert_eq!(passed.trace_context.as_deref(), Some(TRACEPARENT));
    assert_ne!(passed.command_id, command_id);

    let of_request = |name: &str| -> Vec<Span> {
        let spans = captured.named(name).into_iter();
        spans.filter(|span| span.get("correlation_id") == Some("request-1")).collect()
    };
    let steps = [("1", command_id, "click-1"), ("2", passed.command_id.as_str(), command_id)];
    for name in ["execute", "append", "relay", "handle"] {
        let spans = of_request(name);
        assert_eq!(spans.len(), 2, "{name}: {spans:#?}");
        for (span, (account, command_id, causation_id)) in spans.iter().zip(steps) {
            let get = |field| span.get(field);
            assert_eq!(get("pk"), Some("BANK#ACCOUNT"), "{name}");
            assert_eq!(get("sk"), Some(format!("ACCOUNT#{account}").as_str()), "{name}");
            assert_eq!(get("version"), Some("2"), "{name}");
            assert_eq!(get("command_id"), Some(command_id), "{name}");
            if name != "append" {
                assert_eq!(get("causation_id"), Some(causation_id), "{name}");
                assert_eq!(get("trace_context"), Some(TRACEPARENT), "{name}");
            }
            if name != "execute" {
                assert_eq!(get("type"), Some("Deposited"), "{name}");
            }
        }
    }
    let handled = of_request("handle");
    assert_eq!(handled[0].get("subscriber"), Some("pass"));
    assert_eq!(handled[0].get("error"), None);
    assert_eq!(handled[0].messages, ["passing on"], "what the handler logs has the ids around it");
    assert!(of_request("append")[0].around.contains(&"execute".to_owned()));
    assert_eq!(of_request("execute")[1].around[0], "handle", "the handler's command is part of its work");
}

#[tokio::test]
async fn one_id_goes_from_the_command_through_stream_topic_and_queue_into_the_handler_and_on() {
    let (captured, _installed) = Captured::install();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let broker = Emulator::shared().broker();
    let subscribers = app(&dynamo, &["pass"]);
    let topic = broker.create(&subscribers).await.unwrap();
    let front = app(&dynamo, &[]);
    open(&front).await;
    let command_id = request(&front).await;

    let item = dynamo.client().get_item().table_name(&dynamo.tables().events);
    let item = item.key("pk", AttributeValue::S("BANK#ACCOUNT".into()));
    let item = item.key("sk", AttributeValue::S("ACCOUNT#1@0000000002".into()));
    let item = item.send().await.unwrap().item.unwrap();
    for (name, value) in
        [("correlationId", "request-1"), ("causationId", "click-1"), ("traceContext", TRACEPARENT)]
    {
        assert_eq!(item[name].as_s().unwrap(), value);
    }

    let mut relay = Relay::new(&dynamo, &front, SnsPublisher::new(broker.sns().clone(), topic.arn));
    for _ in ["the request", "what the handler sent"] {
        relay.run_until_idle().await.unwrap();
        let worker = broker.worker(&subscribers).settings(|settings| {
            settings.wait = Duration::ZERO;
            settings.backoff = Duration::ZERO;
        });
        worker.run_until_idle().await.unwrap();
    }
    assert_followed(&subscribers, &captured, &command_id).await;
    let published = captured.named("publish");
    assert!(published.iter().all(|span| span.get("commits").is_some()));
    assert_eq!(published.len(), 2, "a batch each");
}

#[tokio::test]
async fn one_id_goes_from_the_command_into_the_handler_of_the_same_process_and_on() {
    let (captured, _installed) = Captured::install();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["pass"]);
    open(&app).await;
    let command_id = request(&app).await;
    app.run_until_idle().await.unwrap();
    assert_followed(&app, &captured, &command_id).await;
}

#[tokio::test]
async fn a_projection_has_a_span_with_the_ids_of_the_last_commit_that_it_was_given() {
    let (captured, _installed) = Captured::install();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["Statement"]);
    open(&app).await;
    let account = bank::account("1");
    app.execute(&account, bank::deposit(1)).await.unwrap();
    request(&app).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(app.view::<Statement>(&account).await.unwrap().unwrap().lines, [1, 5]);
    let spans = captured.named("project");
    assert_eq!(spans.len(), 1);
    let get = |field| spans[0].get(field);
    assert_eq!(
        (get("subscriber"), get("version"), get("commits")),
        (Some("Statement"), Some("3"), Some("2"))
    );
    assert_eq!((get("correlation_id"), get("trace_context")), (Some("request-1"), Some(TRACEPARENT)));
}

#[tokio::test]
async fn the_span_of_a_handler_that_fails_says_why() {
    let (captured, _installed) = Captured::install();
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo, &["pass"]);
    open(&app).await;
    let nobody = bank::Deposit { cents: 5, note: "3".into() };
    app.execute(&bank::account("1"), nobody).correlation_id("request-1").await.unwrap();
    let received = app.consumer("pass").unwrap().take(&[received(&dynamo).await]).await;
    assert_eq!(received.len(), 1);
    let handled = captured.named("handle");
    let answer = "command `Deposit` to stream BANK#ACCOUNT ACCOUNT#3: there is no such account";
    assert_eq!(handled[0].get("error"), Some(answer));
    assert_eq!(handled[0].get("correlation_id"), Some("request-1"));
}

/// The second commit of account `1`, as a queue brings it.
async fn received(dynamo: &Dynamo) -> cqrs_core::delivery::Received {
    use cqrs_core::EventStore;
    let stream = bank::account("1").stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::new(1), Version::new(2)).await.unwrap();
    let record = cqrs_core::store::record::encode(&page.commits[0]);
    let body = serde_json::Value::Object(record).to_string();
    cqrs_core::delivery::Received::new(body)
}
