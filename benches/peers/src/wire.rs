//! Counts requests of all libraries: below the SDK, instead of its HTTP client.

use std::fmt;
use std::ops::{Add, Div, Sub};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use cqrs_dynamo::Embedded;
use serde_json::Value;

use crate::item;

/// What requests took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Taken {
    pub requests: f64,
    pub read_units: f64,
    pub write_units: f64,
}

impl Sub for Taken {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            read_units: self.read_units - earlier.read_units,
            write_units: self.write_units - earlier.write_units,
        }
    }
}

impl Add for Taken {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            read_units: self.read_units + other.read_units,
            write_units: self.write_units + other.write_units,
        }
    }
}

impl Div<f64> for Taken {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self {
            requests: self.requests / by,
            read_units: self.read_units / by,
            write_units: self.write_units / by,
        }
    }
}

/// An embedded DynamoDB that counts every request.
///
/// It adds `ReturnConsumedCapacity` to requests that lack it: cqrs-es and event-store-adapter do not ask. The answer to a write
/// whose condition failed has no capacity; DynamoDB charges it by the size of the item (Developer Guide, "Read and write
/// operations"), and so does this: a canceled transaction once for each of its items, which is the least possible.
#[derive(Clone)]
pub struct Wire {
    database: Embedded,
    state: Arc<Mutex<State>>,
}

type Interlude = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct State {
    taken: Taken,
    before_write: Option<Interlude>,
}

impl Wire {
    pub fn to(database: &Embedded) -> Self {
        Self { database: database.clone(), state: Arc::default() }
    }

    pub fn sdk_config(&self) -> SdkConfig {
        self.database.sdk_config().into_builder().http_client(self.clone()).build()
    }

    pub fn taken(&self) -> Taken {
        self.state().taken
    }

    /// Runs this between a read and the next write, so that the race is always lost.
    pub fn before_next_write(&self, interlude: impl Future<Output = ()> + Send + 'static) {
        self.state().before_write = Some(Box::pin(interlude));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, operation: &str, request: &Value, answer: &Value) {
        let consumed = &answer["ConsumedCapacity"];
        let answered: f64 = match consumed {
            Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
            table => table["CapacityUnits"].as_f64().unwrap_or(0.0),
        };
        let mut state = self.state();
        state.taken.requests += 1.0;
        if !is_write(operation) {
            state.taken.read_units += answered;
        } else if consumed.is_null() {
            state.taken.write_units += item::units_of_failed_write(request);
        } else {
            state.taken.write_units += answered;
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let mut asked: Value =
                serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
            if is_counted(&operation) {
                asked["ReturnConsumedCapacity"] = "TOTAL".into();
                *request.body_mut() = SdkBody::from(asked.to_string());
            }
            let interlude = if is_write(&operation) { wire.state().before_write.take() } else { None };
            if let Some(interlude) = interlude {
                interlude.await;
            }
            let response = wire.database.call(request).await?;
            if is_counted(&operation) {
                let answer = response.body().bytes().unwrap_or_default();
                wire.count(&operation, &asked, &serde_json::from_slice(answer).unwrap_or_default());
            }
            Ok(response)
        })
    }
}

fn is_write(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem")
}

fn is_counted(operation: &str) -> bool {
    is_write(operation) || matches!(operation, "GetItem" | "BatchGetItem" | "Query" | "Scan")
}
