//! An endpoint that accepts a connection and never answers. The clock of these tests runs on its own.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use cqrs_core::StoreError;
use cqrs_core::prelude::*;
use cqrs_dynamo::{Broker, BrokerError, Dynamo};
use cqrs_tests::bank::{self, Open};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

const LONG: Duration = Duration::from_secs(60 * 60);

/// A configuration without time limits for such an endpoint.
async fn silent() -> SdkConfig {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("local"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(Builder::new().build_http())
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_command_that_gets_no_answer_gives_up_names_itself_and_leaves_its_key_free() {
    let app = bank::app(Dynamo::from_conf(&silent().await).event_store()).unwrap();
    let key = bank::account("1");
    let commands = ["first", "second"].map(|id| {
        let (app, key) = (app.clone(), key.clone());
        tokio::spawn(async move { app.execute(&key, Open { owner: "Ada".into() }).command_id(id).await })
    });
    for (command, id) in commands.into_iter().zip(["first", "second"]) {
        let ended = timeout(LONG, command).await.expect("it holds its key for ever").unwrap();
        let error = ended.unwrap_err();
        let ExecuteError::Store { command_id, source } = &error else { panic!("{error:?}") };
        assert!(command_id == id && source.is_transient(), "{error:?}");
        assert!(matches!(source, StoreError::Unavailable { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(id) && text.contains("a write may have happened"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_gets_no_answer_gives_up() {
    let dynamo = Dynamo::from_conf(&silent().await);
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).build().unwrap();
    timeout(LONG, app.run_until_idle()).await.expect("it waits for ever").unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_gets_no_answer_gives_up() {
    let broker = Broker::from_conf(&silent().await);
    let error = timeout(LONG, broker.topic_arn()).await.expect("it waits for ever").unwrap_err();
    assert!(matches!(error, BrokerError::Request { .. }), "{error:?}");
    let receive = broker.sqs().receive_message().queue_url("http://127.0.0.1/1/queue").wait_time_seconds(20);
    timeout(LONG, receive.send()).await.expect("it waits for ever").unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_users_own_count() {
    let limits = TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build();
    let conf = silent().await.into_builder().timeout_config(limits).build();
    let app = bank::app(Dynamo::from_conf(&conf).event_store()).unwrap();
    let begun = Instant::now();
    app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
