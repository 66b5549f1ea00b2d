#!/usr/bin/env bash
# The interceptor hook before the deserialization of an answer finds a body with nothing in it.
#
# The AWS SDK for Rust names `modify_before_deserialization` as the hook in which an interceptor may change an answer before it is
# read (docs of aws-smithy-runtime-api 1.20, "Intercept"). One expects the bytes of the answer there, all the more as unit tests with a
# client that has its answers in memory find them. Over a connection they are not there: the SDK reads the body after this hook and
# after `read_before_deserialization`, and `SdkBody::bytes` is none until then. The first hook that has the bytes is
# `read_after_deserialization`, which may not change anything. What reads an answer in another way than the SDK has to take the place
# of the operation's deserializer.
#
# Seen with one `ListTables` over HTTP on the loopback, and with the same answer from memory:
#
#   aws-sdk-dynamodb 1.136.0: over a connection: false before, true after; from memory: true before, true after
#
# Exits with 0 where this is still so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo new --quiet --bin probe
cd probe
cargo add --quiet aws-sdk-dynamodb@=1.136.0 --no-default-features --features rt-tokio
cargo add --quiet aws-smithy-http-client@=1.5.2 --no-default-features --features default-client
cargo add --quiet aws-smithy-runtime-api@=1.20.0 --features client
cargo add --quiet aws-smithy-types@=1.9.3
cargo add --quiet aws-credential-types@=1.3.1 --features hardcoded-credentials
cargo add --quiet tokio@=1.54.1 --features macros,rt-multi-thread

cat > src/main.rs << 'PROBE'
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{BehaviorVersion, ConfigBag, Intercept, Region, RuntimeComponents, SharedHttpClient};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;

const ANSWER: &str = r#"{"TableNames":[]}"#;

#[derive(Debug, Clone, Default)]
struct Look(Arc<Mutex<Vec<bool>>>);

#[dyn_dispatch_hint]
impl Intercept for Look {
    fn name(&self) -> &'static str {
        "Look"
    }
    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(context.response().body().bytes().is_some());
        Ok(())
    }
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(context.response().body().bytes().is_some());
        Ok(())
    }
}

/// The same answer from memory.
#[derive(Debug, Clone)]
struct Memory;

impl HttpClient for Memory {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Memory {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(ANSWER))))
    }
}

async fn look(http: SharedHttpClient, endpoint: String) -> String {
    let look = Look::default();
    let conf = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::from_keys("id", "secret", None))
        .endpoint_url(endpoint)
        .http_client(http)
        .interceptor(look.clone())
        .build();
    Client::from_conf(conf).list_tables().send().await.unwrap();
    let seen = look.0.lock().unwrap().clone();
    format!("{} before, {} after", seen[0], seen[1])
}

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 8192]);
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{ANSWER}", ANSWER.len());
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let network = aws_smithy_http_client::Builder::new().build_http();
    let network = look(network, endpoint.clone()).await;
    let memory = look(SharedHttpClient::new(Memory), endpoint).await;
    println!("aws-sdk-dynamodb 1.136.0: over a connection: {network}; from memory: {memory}");
}
PROBE

said=$(cargo run --quiet)
echo "$said"
[ "$said" = "aws-sdk-dynamodb 1.136.0: over a connection: false before, true after; from memory: true before, true after" ]
