//! A stream with several shards. The embedded DynamoDB has only one, so its answers are made up at the HTTP client.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_config::SdkConfig;
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

/// How many records one read gives.
const PAGE: usize = 3;

/// Shards with parents and children, and behind them the tables of an embedded DynamoDB. Clones share all of it.
#[derive(Clone)]
pub(crate) struct Tree {
    database: Embedded,
    shards: Arc<Mutex<Vec<Shard>>>,
    /// The parents whose children were asked for; an empty text where it was all shards.
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
struct Shard {
    id: String,
    parent: Option<String>,
    records: Vec<Value>,
    is_open: bool,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { database: Embedded::in_memory().unwrap(), shards: Arc::default(), asked: Arc::default() }
    }

    /// The tables, and this stream.
    pub(crate) async fn dynamo(&self) -> Dynamo {
        let dynamo = Dynamo::from_conf(&self.sdk_config());
        dynamo.create_tables().await.unwrap();
        dynamo
    }

    /// What reaches them.
    pub(crate) fn sdk_config(&self) -> SdkConfig {
        self.database.sdk_config().into_builder().http_client(self.clone()).build()
    }

    /// A new shard, open, of no parent or of one that is closed by this.
    pub(crate) fn grow(&self, id: &str, parent: Option<&str>) {
        let mut shards = self.shards();
        if let Some(parent) = parent.and_then(|parent| shards.iter_mut().find(|shard| shard.id == parent)) {
            parent.is_open = false;
        }
        let (id, parent) = (id.to_owned(), parent.map(str::to_owned));
        shards.push(Shard { id, parent, records: Vec::new(), is_open: true });
    }

    /// A shard ends.
    pub(crate) fn close(&self, id: &str) {
        self.shards().iter_mut().filter(|shard| shard.id == id).for_each(|shard| shard.is_open = false);
    }

    /// A record of a commit in a shard.
    pub(crate) fn put(&self, id: &str, commit: &Commit) {
        let mut shards = self.shards();
        let number: usize = shards.iter().map(|shard| shard.records.len()).sum();
        let shard = shards.iter_mut().find(|shard| shard.id == id).unwrap();
        let Value::Object(image) = attribute(&Value::Object(record::encode(commit)))["M"].take() else {
            panic!()
        };
        shard.records.push(json!({
            "eventName": "INSERT",
            "dynamodb": {
                "NewImage": image,
                "SequenceNumber": format!("{}", 100_000_000_000_000_000_000_u128 + number as u128),
                "ApproximateCreationDateTime": commit.metadata.recorded().unix_millis() / 1000,
            },
        }));
    }

    /// The stream forgets a shard.
    pub(crate) fn cut(&self, id: &str) {
        self.shards().retain(|shard| shard.id != id);
    }

    /// The parents whose children were asked for since the last time; an empty text where it was all shards.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn shards(&self) -> MutexGuard<'_, Vec<Shard>> {
        self.shards.lock().unwrap()
    }

    fn answer(&self, operation: &str, request: &Value) -> Option<Value> {
        let shards = self.shards();
        let find = |id: &str| shards.iter().find(|shard| shard.id == id);
        match operation {
            "DescribeStream" => {
                let parent = request["ShardFilter"]["ShardId"].as_str();
                self.asked.lock().unwrap().push(parent.unwrap_or_default().to_owned());
                let listed =
                    shards.iter().filter(|shard| parent.is_none() || shard.parent.as_deref() == parent);
                let listed =
                    listed.map(|shard| json!({ "ShardId": shard.id, "ParentShardId": shard.parent }));
                Some(json!({ "StreamDescription": { "Shards": listed.collect::<Vec<_>>() } }))
            }
            "GetShardIterator" => {
                let shard = find(request["ShardId"].as_str()?)?;
                let after = request["SequenceNumber"].as_str();
                let is_after = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str() == after;
                let place = shard.records.iter().position(is_after).map_or(0, |place| place + 1);
                Some(json!({ "ShardIterator": format!("{}/{place}", shard.id) }))
            }
            "GetRecords" => {
                let (id, place) = request["ShardIterator"].as_str()?.split_once('/')?;
                let shard = find(id)?;
                let place: usize = place.parse().ok()?;
                let records: Vec<_> = shard.records.iter().skip(place).take(PAGE).collect();
                let next = place + records.len();
                let ends = !shard.is_open && next == shard.records.len();
                let next = (!ends).then(|| format!("{id}/{next}"));
                Some(json!({ "Records": records, "NextShardIterator": next }))
            }
            _ => None,
        }
    }
}

/// A JSON value as DynamoDB writes it.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), attribute(value)));
            json!({ "M": Value::Object(fields.collect()) })
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} shards)", self.shards().len())
    }
}

impl HttpClient for Tree {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Tree {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        if !["DescribeStream", "GetShardIterator", "GetRecords"].contains(&operation) {
            return self.database.call(request);
        }
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
        let (status, body) = match self.answer(operation, &body) {
            Some(answer) => (200, answer),
            None => (400, json!({ "__type": "ResourceNotFoundException", "message": "no such shard" })),
        };
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
        answer.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(answer))
    }
}
