//! Every item that is written, as the request has it, or as the answer has it if the database has put it together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use cqrs_core::Timestamp;
use cqrs_dynamo::Embedded;
use serde_json::Value;

/// By table, as text, each once.
pub(crate) type Items = BTreeMap<String, BTreeSet<String>>;

/// Replaces the SDK's HTTP client in front of an embedded DynamoDB.
#[derive(Debug, Clone)]
pub(crate) struct Diary {
    behind: SdkConfig,
    items: Arc<Mutex<Items>>,
}

impl Diary {
    pub(crate) fn of(database: &Embedded) -> Self {
        Self { behind: database.sdk_config(), items: Arc::default() }
    }

    pub(crate) fn sdk_config(&self) -> SdkConfig {
        self.behind.clone().into_builder().http_client(self.clone()).build()
    }

    pub(crate) fn items(&self) -> Items {
        self.items.lock().unwrap().clone()
    }

    fn write(&self, operation: &str, request: &Value, answer: &Value) {
        let items: Vec<(&Value, &Value)> = match operation {
            "PutItem" => vec![(&request["TableName"], &request["Item"])],
            "UpdateItem" => vec![(&request["TableName"], &answer["Attributes"])],
            "TransactWriteItems" => {
                let parts = request["TransactItems"].as_array().unwrap().iter().map(|part| &part["Put"]);
                parts.filter(|put| put.is_object()).map(|put| (&put["TableName"], &put["Item"])).collect()
            }
            _ => return,
        };
        let mut written = self.items.lock().unwrap();
        for (table, item) in items {
            let mut item = item.clone();
            steady(&mut item);
            written.entry(table.as_str().unwrap().to_owned()).or_default().insert(item.to_string());
        }
    }
}

impl HttpClient for Diary {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let behind = self.behind.http_client().unwrap().http_connector(settings, components);
        SharedHttpConnector::new(Page { diary: self.clone(), behind })
    }
}

#[derive(Debug)]
struct Page {
    diary: Diary,
    behind: SharedHttpConnector,
}

impl HttpConnector for Page {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let asked = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        let (diary, answer) = (self.diary.clone(), self.behind.call(request));
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if answer.status().is_success() {
                let told = serde_json::from_slice(answer.body().bytes().unwrap_or_default());
                diary.write(&operation, &asked, &told.unwrap_or_default());
            }
            Ok(answer)
        })
    }
}

/// Replaces what differs between two runs: times of the clock, random ids, numbers that the database counts.
pub(crate) fn steady(item: &mut Value) {
    let mut set = |name: &str, kind: &str, word: &str| {
        if let Some(value) = item.get_mut(name).and_then(|value| value.get_mut(kind)) {
            *value = word.into();
        }
    };
    set("expiresAt", "N", "EXPIRES");
    set("beat", "N", "BEAT");
    texts(item);
}

fn texts(value: &mut Value) {
    match value {
        Value::String(text) => *text = steady_text(text),
        Value::Array(values) => values.iter_mut().for_each(texts),
        Value::Object(fields) => fields.values_mut().for_each(texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The scenes give times of 2020; the time of a clock is later.
pub(crate) fn steady_text(text: &str) -> String {
    let mut steady = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_time =
            |text: &str| text.parse::<Timestamp>().is_ok_and(|time| time.to_string().as_str() > "2025");
        if rest.get(..24).is_some_and(is_time) {
            steady.push_str("TIME");
            rest = &rest[24..];
        } else if rest.get(..40).is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit())) {
            steady.push_str("SEQUENCE");
            rest = &rest[40..];
        } else if rest.get(..36).is_some_and(is_drawn) {
            steady.push_str("UUID");
            rest = &rest[36..];
        } else {
            steady.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    steady
}

/// Whether it is a random UUID, and not one that is made from a name.
fn is_drawn(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.bytes().enumerate().all(|(place, byte)| match dashes.contains(&place) {
        true => byte == b'-',
        false => byte.is_ascii_hexdigit(),
    }) && matches!(text.as_bytes()[14], b'4' | b'7')
}
