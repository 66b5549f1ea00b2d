//! A DynamoDB with prepared answers, instead of the SDK's HTTP client.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use cqrs_core::Commit;
use cqrs_core::store::record;
use cqrs_dynamo::{Dynamo, Embedded};
use serde_json::{Value, json};

use crate::Fallible;

/// Answers a `Query` with these commits, and a write with success.
#[derive(Clone)]
pub(crate) struct Answers(Arc<str>);

impl Answers {
    pub(crate) fn with(commits: &[Commit]) -> Self {
        let items: Vec<Value> = commits.iter().map(item).collect();
        let answer = json!({ "Items": items, "Count": items.len(), "ScannedCount": items.len() });
        Self(answer.to_string().into())
    }

    pub(crate) fn dynamo(self) -> Fallible<Dynamo> {
        // The configuration of the embedded database: a region, credentials, no retries that wait.
        let conf = Embedded::in_memory()?.sdk_config().into_builder().http_client(self).build();
        Ok(Dynamo::from_conf(&conf))
    }
}

/// A commit as DynamoDB sends it.
fn item(commit: &Commit) -> Value {
    let attributes = record::encode(commit).into_iter();
    Value::Object(attributes.map(|(name, value)| (name, attribute(value))).collect())
}

fn attribute(value: Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.into_iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, attribute(value)));
            json!({ "M": Value::Object(fields.collect()) })
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

impl HttpClient for Answers {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_query = request.headers().get("x-amz-target").is_some_and(|target| target.ends_with(".Query"));
        let answer = if is_query { self.0.to_string() } else { "{}".to_owned() };
        HttpConnectorFuture::ready(
            200.try_into().map(|status| HttpResponse::new(status, SdkBody::from(answer))).map_err(|error| {
                aws_smithy_runtime_api::client::result::ConnectorError::user(Box::new(error))
            }),
        )
    }
}
